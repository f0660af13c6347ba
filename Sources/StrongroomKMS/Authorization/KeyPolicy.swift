internal import StrongroomPolicy

/// Who may do what with a key: a policy document in the language of AWS's policies, as it was given.
struct KeyPolicy: Sendable, Equatable {
    /// The limit of KMS.
    static let sizeBytesMax = 32_768

    let text: String
    let document: PolicyDocument

    /// - Throws: `MalformedPolicyDocument`, with the place; `LimitExceeded`.
    init(_ text: String) throws(KeyServiceError) {
        guard text.utf8.count <= Self.sizeBytesMax else {
            throw KeyServiceError(
                .limitExceeded,
                "A key policy of \(text.utf8.count) bytes is too long; the limit is \(Self.sizeBytesMax).")
        }
        do throws(PolicyError) {
            document = try PolicyDocument(parsing: Array(text.utf8), limitBytes: Self.sizeBytesMax)
        } catch {
            throw KeyServiceError(.malformedPolicyDocument, "\(error)", underlying: error)
        }
        self.text = text
    }

    static func == (left: KeyPolicy, right: KeyPolicy) -> Bool { left.text == right.text }

    /// What a key has for which none was given: its account may do everything.
    static func standardText(_ owner: KeyOwner) -> String {
        """
        {"Version":"2012-10-17","Id":"key-default-1","Statement":[{"Sid":"Enable the account","Effect":"Allow",\
        "Principal":{"AWS":"\(owner.rootARN)"},"Action":"kms:*","Resource":"*"}]}
        """
    }
}
