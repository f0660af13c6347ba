/// The principals of a statement.
struct PrincipalSet: Sendable {
    /// A name, as bytes: two that only look the same are two principals.
    enum Name: Hashable {
        case everybody
        /// All principals of the account with these digits.
        case account([UInt8])
        case arn([UInt8])
        case service([UInt8])
        case federated([UInt8])
        /// In lower case.
        case canonicalUser([UInt8])
    }

    /// NotPrincipal.
    let isComplement: Bool
    private let names: Set<Name>

    init(_ names: [Name], isComplement: Bool) {
        self.names = Set(names)
        self.isComplement = isComplement
    }

    /// Whether the statement is about whoever there is.
    var isEverybody: Bool { !isComplement && names.contains(.everybody) }

    /// Whether the statement is about somebody who is known by these names.
    func contains(_ principal: [Name]) -> Bool { principal.contains(where: names.contains) != isComplement }
}

extension PolicyPrincipal {
    /// All that a statement may call it. The anonymous have no name of their own, whatever else a caller filled in:
    /// nobody has vouched for it.
    var names: [PrincipalSet.Name] {
        if isAnonymous { return [.everybody] }
        guard isEverybody else { return [.arn(Array(arn.utf8))] }
        var names: [PrincipalSet.Name] = [.everybody, .arn(Array(arn.utf8)), .account(Array(account.utf8))]
        if let roleARN { names.append(.arn(Array(roleARN.utf8))) }
        if let service { names.append(.service(Array(service.utf8))) }
        if let federated { names.append(.federated(Array(federated.utf8))) }
        if let canonicalUser { names.append(.canonicalUser(canonicalUser.utf8.map(\.asciiLowercase))) }
        return names
    }
}
