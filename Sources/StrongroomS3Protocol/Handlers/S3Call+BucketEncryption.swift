internal import Strongroom

extension S3Call {
    /// GetBucketEncryption.
    func getBucketEncryption() async throws(S3Error) -> S3Answer {
        let bucket = try bucket()
        let info = try await asking { () async throws(StoreError) in try await bucket.info() }
        return try answer(EncryptionDocument.root(info))
    }

    /// PutBucketEncryption.
    func putBucketEncryption() async throws(S3Error) -> S3Answer {
        let wanted = try EncryptionDocument(try await document(root: "ServerSideEncryptionConfiguration"))
        let bucket = try bucket()
        _ = try await asking { () async throws(StoreError) in
            // What is blocked first: a default that fails leaves nothing allowed that should be blocked.
            if let allowed = wanted.allowed { try await bucket.setAllowedEncryption(allowed) }
            return try await bucket.setDefaultEncryption(wanted.encryption)
        }
        return S3Answer(200)
    }

    /// DeleteBucketEncryption: back to what every bucket has that says nothing, never to none.
    func deleteBucketEncryption() async throws(S3Error) -> S3Answer {
        let bucket = try bucket()
        _ = try await asking { () async throws(StoreError) in try await bucket.setDefaultEncryption(.s3Managed) }
        return S3Answer(204)
    }
}

/// `ServerSideEncryptionConfiguration`
package struct EncryptionDocument: Sendable {
    var encryption: DefaultEncryption
    /// What the document does not block; nil where it says nothing about blocking.
    var allowed: Set<BlockableEncryption>?

    package init(_ root: DocumentElement) throws(S3Error) {
        try root.check(known: ["Rule"])
        let rules = root.all("Rule")
        guard rules.count == 1 else { throw .malformedXML("There is exactly one Rule.") }
        let rule = rules[0]
        try rule.check(known: ["ApplyServerSideEncryptionByDefault", "BucketKeyEnabled", "BlockedEncryptionTypes"])
        let bucketKey = try rule.flag("BucketKeyEnabled") ?? false
        encryption = .s3Managed
        if let element = try rule.child("ApplyServerSideEncryptionByDefault") {
            encryption = try Self.encryption(element, bucketKey: bucketKey)
        }
        if let blocked = try rule.child("BlockedEncryptionTypes") {
            try blocked.check(known: ["EncryptionType"])
            allowed = [.customerKeys]
            for type in blocked.children {
                switch type.text.trimmingWhitespace {
                case "SSE-C": allowed = []
                case "NONE": break
                default: throw .malformedXML("EncryptionType is SSE-C or NONE.")
                }
            }
        }
    }

    private static func encryption(
        _ element: DocumentElement, bucketKey: Bool
    ) throws(S3Error) -> DefaultEncryption {
        try element.check(known: ["SSEAlgorithm", "KMSMasterKeyID"])
        let key = try element.text(of: "KMSMasterKeyID")?.trimmingWhitespace
        switch try element.required("SSEAlgorithm").trimmingWhitespace {
        case "AES256":
            guard key == nil else {
                throw .invalidArgument(
                    "a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or aws:kms:dsse",
                    name: "ApplyServerSideEncryptionByDefault")
            }
            return .s3Managed
        case "aws:kms": return .kms(key: key, bucketKey: bucketKey)
        // As AWS does: a Bucket Key is accepted with it, and has no effect.
        case "aws:kms:dsse": return .kmsDualLayer(key: key)
        default: throw .malformedXML("SSEAlgorithm is AES256, aws:kms or aws:kms:dsse.")
        }
    }

    static func root(_ info: BucketInfo) -> DocumentElement {
        var facts: [DocumentElement] = []
        var bucketKey = false
        switch info.defaultEncryption {
        case .none: break
        case .s3Managed: facts = [DocumentElement("SSEAlgorithm", text: "AES256")]
        case .kms(let key, let usesBucketKey):
            bucketKey = usesBucketKey
            facts = algorithm("aws:kms", key)
        case .kmsDualLayer(let key): facts = algorithm("aws:kms:dsse", key)
        }
        let blocked = info.allowedEncryption.contains(.customerKeys) ? "NONE" : "SSE-C"
        return .root(
            "ServerSideEncryptionConfiguration",
            [
                DocumentElement(
                    "Rule",
                    (facts.isEmpty ? [] : [DocumentElement("ApplyServerSideEncryptionByDefault", facts)]) + [
                        DocumentElement("BucketKeyEnabled", text: String(bucketKey)),
                        DocumentElement(
                            "BlockedEncryptionTypes", [DocumentElement("EncryptionType", text: blocked)]),
                    ])
            ])
    }

    private static func algorithm(_ name: String, _ key: String?) -> [DocumentElement] {
        [DocumentElement("SSEAlgorithm", text: name)]
            + [key.map { DocumentElement("KMSMasterKeyID", text: $0) }].compactMap { $0 }
    }
}
