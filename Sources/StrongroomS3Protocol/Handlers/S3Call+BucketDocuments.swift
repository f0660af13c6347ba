internal import Strongroom

extension S3Call {
    /// One of the bucket's documents, as it was put; nil where it has none.
    func document(_ kind: BucketDocumentKind) async throws(S3Error) -> [UInt8]? {
        let bucket = try bucket()
        return try await asking { () async throws(StoreError) in try await bucket.document(kind) }
    }

    func setDocument(_ bytes: [UInt8]?, _ kind: BucketDocumentKind) async throws(S3Error) {
        let bucket = try bucket()
        _ = try await asking { () async throws(StoreError) in try await bucket.setDocument(bytes, kind) }
    }

    // MARK: - Public access block

    /// GetPublicAccessBlock.
    func getPublicAccessBlock() async throws(S3Error) -> S3Answer {
        let bytes = try await document(.publicAccessBlock)
        guard let block = BucketAccess.publicAccessBlock(bytes) else {
            throw S3Error(
                404, "NoSuchPublicAccessBlockConfiguration", "The public access block configuration was not found")
        }
        return try answer(
            .root(
                "PublicAccessBlockConfiguration",
                [
                    DocumentElement("BlockPublicAcls", text: String(block.blocksPublicACLs)),
                    DocumentElement("IgnorePublicAcls", text: String(block.ignoresPublicACLs)),
                    DocumentElement("BlockPublicPolicy", text: String(block.blocksPublicPolicy)),
                    DocumentElement("RestrictPublicBuckets", text: String(block.restrictsPublicBuckets)),
                ]))
    }

    /// PutPublicAccessBlock.
    func putPublicAccessBlock() async throws(S3Error) -> S3Answer {
        let root = try await document(root: "PublicAccessBlockConfiguration")
        try root.check(
            known: ["BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"])
        var block = PublicAccessBlock.none
        block.blocksPublicACLs = try root.flag("BlockPublicAcls") ?? false
        block.ignoresPublicACLs = try root.flag("IgnorePublicAcls") ?? false
        block.blocksPublicPolicy = try root.flag("BlockPublicPolicy") ?? false
        block.restrictsPublicBuckets = try root.flag("RestrictPublicBuckets") ?? false
        try await setDocument([block.bits], .publicAccessBlock)
        return S3Answer(200)
    }

    /// DeletePublicAccessBlock. That a bucket has none is kept, too: one that says nothing has all four.
    func deletePublicAccessBlock() async throws(S3Error) -> S3Answer {
        try await setDocument([BucketAccess.noPublicAccessBlock], .publicAccessBlock)
        return S3Answer(204)
    }

    // MARK: - Ownership

    /// GetBucketOwnershipControls.
    func getBucketOwnershipControls() async throws(S3Error) -> S3Answer {
        guard try await document(.ownershipControls) != Self.noControls else {
            throw S3Error(
                404, "OwnershipControlsNotFoundError", "The bucket ownership controls were not found")
        }
        return try answer(
            .root(
                "OwnershipControls",
                [DocumentElement("Rule", [DocumentElement("ObjectOwnership", text: "BucketOwnerEnforced")])]))
    }

    /// PutBucketOwnershipControls: lists are off here, and what switches them on is refused.
    func putBucketOwnershipControls() async throws(S3Error) -> S3Answer {
        let root = try await document(root: "OwnershipControls")
        try root.check(known: ["Rule"])
        guard let rule = try root.child("Rule") else { throw .malformedXML("There is exactly one Rule.") }
        try rule.check(known: ["ObjectOwnership"])
        switch try rule.required("ObjectOwnership").trimmingWhitespace {
        case "BucketOwnerEnforced": break
        case "BucketOwnerPreferred", "ObjectWriter":
            throw .notImplemented("ObjectOwnership other than BucketOwnerEnforced: access control lists")
        default: throw .malformedXML("ObjectOwnership is BucketOwnerEnforced.")
        }
        try await setDocument(nil, .ownershipControls)
        return S3Answer(200)
    }

    /// DeleteBucketOwnershipControls. The bucket's owner owns all objects as before.
    func deleteBucketOwnershipControls() async throws(S3Error) -> S3Answer {
        try await setDocument(Self.noControls, .ownershipControls)
        return S3Answer(204)
    }

    private static let noControls: [UInt8] = [0]

    // MARK: - Tags

    /// GetBucketTagging.
    func getBucketTagging() async throws(S3Error) -> S3Answer {
        guard let bytes = try await document(.tagging) else {
            throw S3Error(404, "NoSuchTagSet", "The TagSet does not exist")
        }
        var headers = AnswerHeaders()
        headers.set("content-type", "application/xml")
        return S3Answer(200, headers: headers, body: .bytes(bytes))
    }

    /// PutBucketTagging.
    func putBucketTagging() async throws(S3Error) -> S3Answer {
        let tags = try TagDocument.tags(try await document(root: "Tagging"))
        try BucketTagRules.check(tags)
        try await setDocument(try DocumentWriter.bytes(TagDocument.root(tags)), .tagging)
        return S3Answer(204)
    }

    /// DeleteBucketTagging.
    func deleteBucketTagging() async throws(S3Error) -> S3Answer {
        try await setDocument(nil, .tagging)
        return S3Answer(204)
    }
}

extension BucketAccess {
    /// The byte that says that a bucket's public access block was deleted.
    static let noPublicAccessBlock: UInt8 = 0xFF

    /// What the kept document says; nil where the block was deleted.
    static func publicAccessBlock(_ bytes: [UInt8]?) -> PublicAccessBlock? {
        guard let bits = bytes?.first else { return .all }
        return bits == noPublicAccessBlock ? nil : PublicAccessBlock(bits)
    }
}

/// Limits of a bucket's tags (Amazon S3 User Guide, "Using cost allocation S3 bucket tags").
enum BucketTagRules {
    static let countMaximum = 50
    static let nameLengthMaximum = 128
    static let valueLengthMaximum = 256

    static func check(_ tags: [String: String]) throws(S3Error) {
        guard tags.count <= countMaximum else {
            throw S3Error(400, "InvalidTag", "A bucket has at most \(countMaximum) tags.")
        }
        for (name, value) in tags {
            guard !name.isEmpty, name.unicodeScalars.count <= nameLengthMaximum,
                value.unicodeScalars.count <= valueLengthMaximum, !name.lowercased().hasPrefix("aws:")
            else { throw S3Error(400, "InvalidTag", "A tag's name or value is too long, empty or reserved.") }
        }
    }
}
