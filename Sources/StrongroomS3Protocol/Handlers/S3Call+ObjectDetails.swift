internal import Strongroom

extension S3Call {
    /// GetObjectAttributes.
    func getObjectAttributes() async throws(S3Error) -> S3Answer {
        let wanted = try attributeNames()
        let after = try headers.single("x-amz-part-number-marker").map { text throws(S3Error) in
            try Self.number(text, "x-amz-part-number-marker")
        }
        let limit = try headers.single("x-amz-max-parts").map { text throws(S3Error) in
            try Self.number(text, "x-amz-max-parts")
        }
        let (bucket, key, version) = (try presentingBucket(), try key(), try version())
        let bounded = min(max(limit ?? ListOptions.limitMaximum, 1), ListOptions.limitMaximum)
        let page = try await reading { () async throws(StoreError) in
            try await bucket.attributes(of: key, version: version, partsAfter: after ?? 0, limit: bounded)
        }
        let info = page.object
        try await checkKeyUse("kms:Decrypt", info.encryption)
        var answer = AnswerHeaders()
        answer.set("last-modified", TimeText.header(info.lastModified))
        if info.versionID != .null { answer.set("x-amz-version-id", info.versionID.description) }
        var elements: [DocumentElement] = []
        if wanted.contains("ETag") { elements.append(DocumentElement("ETag", text: info.etag)) }
        if wanted.contains("Checksum"), !info.checksums.isEmpty {
            elements.append(DocumentElement("Checksum", info.checksums.attributeElements))
        }
        if wanted.contains("ObjectParts"), let count = info.partCount {
            elements.append(parts(page, count: count, after: after ?? 0, limit: bounded))
        }
        if wanted.contains("StorageClass") {
            elements.append(DocumentElement("StorageClass", text: info.storageClass.rawValue))
        }
        if wanted.contains("ObjectSize") {
            elements.append(DocumentElement("ObjectSize", text: String(info.sizeBytes)))
        }
        return try self.answer(.root("GetObjectAttributesResponse", elements), headers: answer)
    }

    private func attributeNames() throws(S3Error) -> Set<String> {
        let known: Set<String> = ["ETag", "Checksum", "ObjectParts", "StorageClass", "ObjectSize"]
        let names = headers.values("x-amz-object-attributes")
            .flatMap { $0.split(separator: ",") }.map(\.trimmingBlanks)
        guard !names.isEmpty, names.allSatisfy(known.contains) else {
            throw .invalidArgument("Invalid attribute name specified.", name: "x-amz-object-attributes")
        }
        return Set(names)
    }

    private static func number(_ text: String, _ name: String) throws(S3Error) -> Int {
        guard let number = Int(text), number >= 0 else { throw .invalidArgument("\(name) is no number.", name: name) }
        return number
    }

    private func parts(
        _ page: ObjectAttributesPage, count: Int, after: Int, limit: Int
    ) -> DocumentElement {
        DocumentElement(
            "ObjectParts",
            [
                DocumentElement("IsTruncated", text: String(page.next != nil)),
                DocumentElement("MaxParts", text: String(limit)),
                page.next.map { DocumentElement("NextPartNumberMarker", text: String($0)) },
                DocumentElement("PartNumberMarker", text: String(after)),
                DocumentElement("PartsCount", text: String(count)),
            ].compactMap { $0 }
                + page.parts.map { part in
                    DocumentElement(
                        "Part",
                        [
                            DocumentElement("PartNumber", text: String(part.number)),
                            DocumentElement("Size", text: String(part.sizeBytes)),
                        ]
                            + part.checksums.map {
                                DocumentElement("Checksum" + $0.algorithm.description, text: $0.base64)
                            })
                })
    }

    // MARK: - Tags

    /// GetObjectTagging.
    func getObjectTagging() async throws(S3Error) -> S3Answer {
        let (bucket, key, version) = (try bucket(), try key(), try version())
        let tagging = try await reading { () async throws(StoreError) in
            try await bucket.tags(of: key, version: version)
        }
        var answer = AnswerHeaders()
        if tagging.versionID != .null { answer.set("x-amz-version-id", tagging.versionID.description) }
        return try self.answer(TagDocument.root(tagging.tags.values), headers: answer)
    }

    /// PutObjectTagging.
    func putObjectTagging() async throws(S3Error) -> S3Answer {
        let tags = try TagDocument.tags(try await document(root: "Tagging"))
        let action = query.contains("versionId") ? "PutObjectVersionTagging" : "PutObjectTagging"
        // The document may have come slowly: it is decided by the tags that there are now.
        var call = self
        try await call.takeExistingTags(of: try version())
        try call.check(.object(action, target.bucket ?? "", target.key ?? ""), more: TagConditions.requested(tags))
        return try await setTags(try ObjectHeaders.checked(tags), status: 200)
    }

    /// DeleteObjectTagging.
    func deleteObjectTagging() async throws(S3Error) -> S3Answer { try await setTags(.none, status: 204) }

    private func setTags(_ tags: ObjectTags, status: Int) async throws(S3Error) -> S3Answer {
        let (bucket, key, version) = (try bucket(), try key(), try version())
        _ = try await reading { () async throws(StoreError) in
            try await bucket.setTags(tags, of: key, version: version)
        }
        var answer = AnswerHeaders()
        answer.set("x-amz-version-id", version?.description)
        return S3Answer(status, headers: answer)
    }

    // MARK: - Encryption

    /// UpdateObjectEncryption.
    func updateObjectEncryption() async throws(S3Error) -> S3Answer {
        let root = try await document(root: "ObjectEncryption")
        guard root.children.count == 1, let wanted = try root.child("SSE-KMS") else {
            throw .invalidRequest(
                "Requests that modify an object encryption configuration require a valid new encryption type. Valid "
                    + "values are SSEKMS.")
        }
        try wanted.check(known: ["KMSKeyArn", "BucketKeyEnabled"])
        let arn = try keyARN(wanted)
        let bucketKey: Bool
        do throws(S3Error) {
            bucketKey = try wanted.flag("BucketKeyEnabled") ?? false
        } catch {
            throw .invalidRequest("The BucketKeyEnabled value isn't valid. Valid values are true or false.")
        }
        let (bucket, key, version) = (try bucket(), try key(), try version())
        try await checkKeyUse("kms:GenerateDataKey", keyID: arn, context: [:], bucketKey: bucketKey)
        let info: ObjectInfo
        do throws(S3Error) {
            info = try await reading { () async throws(StoreError) in try await bucket.head(key, version: version) }
        } catch {
            // Without its key, nothing can be said of what is under a customer's.
            throw error.code == "InvalidRequest" ? Self.unsupportedSource : error
        }
        if case .kmsDualLayer = info.encryption { throw Self.unsupportedSource }
        try await checkKeyUse("kms:Decrypt", info.encryption)
        _ = try await asking { () async throws(StoreError) in
            try await bucket.updateEncryption(of: key, version: version, toKey: arn, bucketKey: bucketKey)
        }
        return S3Answer(200)
    }

    private static let unsupportedSource = S3Error.invalidRequest(
        "The request doesn't support source objects with the encryption type DSSE-KMS or SSE-C.")

    /// - Throws: `InvalidRequest` for what is no ARN of a key, `AccessDenied` for one of another account.
    private func keyARN(_ wanted: DocumentElement) throws(S3Error) -> String {
        let asking = "Requests that modify an object encryption configuration require "
        guard let arn = try wanted.text(of: "KMSKeyArn")?.trimmingWhitespace else {
            throw .invalidRequest(asking + "an Amazon Web Services KMS key Amazon Resource Name (ARN).")
        }
        let parts = arn.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
        guard parts.count == 6, parts[0] == "arn", parts[1].hasPrefix("aws"), parts[2] == "kms",
            parts[4].utf8.count == 12, parts[5].hasPrefix("key/"), parts[5].utf8.count > 4
        else {
            throw .invalidRequest(asking + "a valid Amazon Web Services KMS key Amazon Resource Name (ARN).")
        }
        guard parts[4] == settings.account else { throw .accessDenied() }
        return arn
    }
}
