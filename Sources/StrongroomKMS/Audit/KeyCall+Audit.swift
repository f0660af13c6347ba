internal import StrongroomAudit
internal import StrongroomKeys

extension KeyCall {
    /// What the caller asked for, as far as it is no secret.
    var auditedParameters: [AuditValue.Member] {
        let subject = subject
        var members = subject.parameters.map { AuditValue.Member($0.name, .text($0.value)) }
        if let first = subject.keyARNs.first {
            members.append(.init(operation == .reEncrypt ? "sourceKeyId" : "keyId", .text(first)))
        }
        if operation == .reEncrypt, let last = subject.keyARNs.last {
            members.append(.init("destinationKeyId", .text(last)))
        }
        if operation.isCryptographic {
            members.append(.init("encryptionAlgorithm", .text("SYMMETRIC_DEFAULT")))
            if let context = Self.value(encryptionContext) {
                members.append(
                    .init(operation == .reEncrypt ? "sourceEncryptionContext" : "encryptionContext", context))
            }
            if let context = subject.destinationContext.flatMap(Self.value) {
                members.append(.init("destinationEncryptionContext", context))
            }
        }
        if isDryRun { members.append(.init("dryRun", .boolean(true))) }
        return members
    }

    private static func value(_ context: EncryptionContext) -> AuditValue? {
        context.pairs.isEmpty ? nil : .members(context.pairs.map { .init($0.name, .text($0.value)) })
    }
}

extension KeyOperation {
    private static let cryptographic: Set<KeyOperation> = [
        generateDataKey, generateDataKeyWithoutPlaintext, encrypt, decrypt, reEncrypt,
    ]

    var isCryptographic: Bool { Self.cryptographic.contains(self) }

    /// Whether it leaves keys as they are, as CloudTrail understands it.
    var isReadOnly: Bool {
        isCryptographic || self == .generateRandom
            || ["Describe", "Get", "List"].contains { description.hasPrefix($0) }
    }
}
