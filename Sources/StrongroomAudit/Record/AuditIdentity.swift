/// Who made a call, as CloudTrail's `userIdentity` says it.
package struct AuditIdentity: Sendable, Equatable {
    /// Such as `Root`, `IAMUser`, `AssumedRole`, `AWSService`, `Unknown`.
    package var type: String
    package var principalID: String?
    package var arn: String?
    package var accountID: String?
    /// The service that called for the principal.
    package var invokedBy: String?

    package init(
        type: String, principalID: String? = nil, arn: String? = nil, accountID: String? = nil, invokedBy: String? = nil
    ) {
        self.type = type
        self.principalID = principalID
        self.arn = arn
        self.accountID = accountID
        self.invokedBy = invokedBy
    }

    var value: AuditValue {
        .members(
            [AuditValue.Member("type", .text(type))]
                + AuditValue.texts([
                    ("principalId", principalID), ("arn", arn), ("accountId", accountID), ("invokedBy", invokedBy),
                ]))
    }
}

/// What a call was about.
package struct AuditResource: Sendable, Equatable {
    package var arn: String
    package var accountID: String
    /// Such as `AWS::KMS::Key`.
    package var type: String

    package init(arn: String, accountID: String, type: String) {
        self.arn = arn
        self.accountID = accountID
        self.type = type
    }

    var value: AuditValue {
        .members(AuditValue.texts([("ARN", arn), ("accountId", accountID), ("type", type)]))
    }
}

extension AuditValue {
    /// Members of those texts that are there.
    static func texts(_ texts: [(String, String?)]) -> [Member] {
        texts.compactMap { name, text in text.map { Member(name, .text($0)) } }
    }
}
