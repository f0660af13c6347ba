internal import Strongroom

extension S3Call {
    /// GetBucketAcl and GetObjectAcl: with the bucket's owner owning all objects, the list that every bucket and every
    /// object has says just that.
    func getAcl() async throws(S3Error) -> S3Answer {
        try await requireTarget()
        var grantee = owner("Grantee")
        grantee.attributes = [
            .init(name: "xmlns:xsi", value: "http://www.w3.org/2001/XMLSchema-instance"),
            .init(name: "xsi:type", value: "CanonicalUser"),
        ]
        return try answer(
            .root(
                "AccessControlPolicy",
                [
                    owner(),
                    DocumentElement(
                        "AccessControlList",
                        [
                            DocumentElement(
                                "Grant", [grantee, DocumentElement("Permission", text: "FULL_CONTROL")])
                        ]),
                ]))
    }

    /// PutBucketAcl and PutObjectAcl: what says the same as is true is accepted, all else refused as on AWS.
    func putAcl() async throws(S3Error) -> S3Answer {
        try refuseLists()
        let bytes = try await collect()
        let isAsItIs = bytes.isEmpty ? true : try isOwnersAlone(bytes)
        guard isAsItIs else {
            throw S3Error(400, "AccessControlListNotSupported", "The bucket does not allow ACLs")
        }
        guard !bytes.isEmpty || headers.contains("x-amz-acl") else {
            throw S3Error(
                400, "MissingSecurityHeader", "Your request was missing a required header",
                details: [.init(name: "MissingHeaderName", value: "x-amz-acl")])
        }
        try await requireTarget()
        return S3Answer(200)
    }

    /// - Throws: `NoSuchBucket`, `NoSuchKey` and the like where there is nothing that could have a list.
    private func requireTarget() async throws(S3Error) {
        let bucket = try bucket()
        if target.key == nil {
            _ = try await asking { () async throws(StoreError) in try await bucket.info() }
        } else {
            let (key, version) = (try key(), try version())
            _ = try await reading { () async throws(StoreError) in try await bucket.tags(of: key, version: version) }
        }
    }

    /// Whether the list grants the owner everything and nobody else anything.
    private func isOwnersAlone(_ bytes: [UInt8]) throws(S3Error) -> Bool {
        let root = try DocumentReader.read(bytes, root: "AccessControlPolicy")
        guard let list = try root.child("AccessControlList") else { throw .malformedXML("There is no list.") }
        for grant in list.children {
            guard try grant.text(of: "Permission") == "FULL_CONTROL",
                try grant.child("Grantee")?.text(of: "ID") == settings.canonicalAccount
            else { return false }
        }
        return !list.children.isEmpty
    }
}
