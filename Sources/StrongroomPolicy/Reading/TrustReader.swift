/// What a policy that says who may assume a role may not say, beside what the language itself rules out.
enum TrustReader {
    /// - Throws: `invalidAction` for actions of other services: such a statement would be about nothing.
    static func check(_ actions: LocatedJSON, isComplement: Bool) throws(PolicyFault) {
        guard !isComplement else {
            throw PolicyFault(
                .invalidAction, at: actions.offset, "A trust policy names its actions; write \"sts:AssumeRole\".")
        }
        for element in try actions.oneOrMore("Action") {
            let text = Folding.ascii.folded(try element.string("Action"))
            guard text.starts(with: "sts:".utf8) else {
                throw PolicyFault(
                    .invalidAction, at: element.offset,
                    "A trust policy is about actions of STS alone; write \"sts:AssumeRole\".")
            }
        }
    }

    /// - Throws: `invalidPrincipal` for those who assume no roles here, so that nobody counts on it that they are let.
    static func check(_ names: [PrincipalSet.Name], _ principals: LocatedJSON) throws(PolicyFault) {
        for name in names {
            switch name {
            case .everybody, .account, .arn: continue
            case .service, .federated, .canonicalUser:
                throw PolicyFault(
                    .invalidPrincipal, at: principals.offset,
                    "Users, roles and accounts assume roles, and nobody else; name them under \"AWS\".")
            }
        }
    }

    static func resource(_ element: LocatedJSON) -> PolicyFault {
        PolicyFault(
            .unknownElement, at: element.offset,
            "A trust policy is about the role that has it; leave the resource out.")
    }
}
