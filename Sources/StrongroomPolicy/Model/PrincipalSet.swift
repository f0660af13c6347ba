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

    /// Whether the statement is about whoever there is, or whoever a provider outside vouches for, which is as good.
    var isEverybody: Bool {
        !isComplement && names.contains { if case .federated = $0 { true } else { $0 == .everybody } }
    }

    /// Whether the statement is about who makes the request.
    ///
    /// A complement leaves out only whom it names, and everybody where it names everybody: not all who are of an
    /// account that it names, nor all sessions of a role, else it would deny nobody of the account (IAM User Guide,
    /// "NotPrincipal", which has both named beside each user who is to be left out).
    func contains(_ request: PolicyRequest) -> Bool {
        isComplement
            ? !(request.principal.ownNames + [.everybody]).contains(where: names.contains)
            : request.principalNames.contains(where: names.contains)
    }
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

    /// Those of them that are of nobody else. An account's are its root's alone.
    fileprivate var ownNames: [PrincipalSet.Name] {
        if isAnonymous { return [] }
        var names: [PrincipalSet.Name] = [.arn(Array(arn.utf8))]
        if let service { names.append(.service(Array(service.utf8))) }
        if let federated { names.append(.federated(Array(federated.utf8))) }
        if let root = PrincipalReader.accountOrARN(Array(arn.utf8)), case .account = root {
            names.append(root)
            if let canonicalUser { names.append(.canonicalUser(canonicalUser.utf8.map(\.asciiLowercase))) }
        }
        return names
    }
}
