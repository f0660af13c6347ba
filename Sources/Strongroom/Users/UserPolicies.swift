internal import StrongroomPolicy

extension Engine {
    func setUserPolicy(
        _ document: String?, named policyName: String, of name: String
    ) async throws(StoreError) -> ChangeReceipt {
        try UserName.check(policy: policyName)
        if let document { try Self.check(policy: document) }
        let row = try await changeUser(name) { (row) throws(StoreError) in
            row.policies[policyName] = document
            guard row.policies.count <= User.policyLimit else {
                throw StoreError(
                    .limitExceeded,
                    "The user has \(User.policyLimit) policies, which is the limit; remove one, or merge them.")
            }
        }
        return ChangeReceipt(lsn: row?.lsn)
    }

    /// - Throws: `malformedPolicy`.
    static func check(
        policy document: String, _ attachment: PolicyDocument.Attachment = .identity,
        limitBytes: Int = PolicyLimits.documentBytesMax
    ) throws(StoreError) {
        do throws(PolicyError) {
            _ = try PolicyDocument(parsing: Array(document.utf8), attachment: attachment, limitBytes: limitBytes)
        } catch {
            throw StoreError(.malformedPolicy, "At \(error.position): \(error.message)", underlying: error)
        }
    }
}
