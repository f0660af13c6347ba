/// The principals of a statement.
struct PrincipalSet: Sendable {
    enum Name: Hashable {
        case everybody
        /// All principals of the account with these digits.
        case account(String)
        case arn(String)
        case service(String)
        case federated(String)
        /// In lower case.
        case canonicalUser(String)
    }

    /// NotPrincipal.
    let isComplement: Bool
    private let names: Set<Name>

    init(_ names: [Name], isComplement: Bool) {
        self.names = Set(names)
        self.isComplement = isComplement
    }

    func contains(_ principal: PolicyPrincipal) -> Bool { names(principal) != isComplement }

    private func names(_ principal: PolicyPrincipal) -> Bool {
        if names.contains(.everybody) { return true }
        // Whatever else a caller filled in, nobody has vouched for it.
        if principal.isAnonymous { return false }
        return names.contains(.arn(principal.arn)) || names.contains(.account(principal.account))
            || principal.roleARN.map { names.contains(.arn($0)) } ?? false
            || principal.service.map { names.contains(.service($0)) } ?? false
            || principal.federated.map { names.contains(.federated($0)) } ?? false
            || principal.canonicalUser.map { names.contains(.canonicalUser($0.lowercased())) } ?? false
    }
}
