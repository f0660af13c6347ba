internal import Strongroom

extension S3Call {
    /// DeleteObject.
    func deleteObject() async throws(S3Error) -> S3Answer {
        try refuseSecondFactor()
        let bucket = try bucket()
        let (key, version) = (try key(), try version())
        let bypasses = try bypassesGovernance()
        if bypasses { try check(object: "BypassGovernanceRetention") }
        for name in ["x-amz-if-match-last-modified-time", "x-amz-if-match-size"] where headers.contains(name) {
            throw .notImplemented(name)
        }
        let condition = try await writeCondition()
        let receipt = try await deleting { () async throws(StoreError) in
            try await bucket.delete(key, version: version, if: condition, bypassingGovernance: bypasses)
        }
        var answer = AnswerHeaders()
        if receipt.isDeleteMarker { answer.set("x-amz-delete-marker", "true") }
        if let id = receipt.versionID, id != .null || version != nil || receipt.isDeleteMarker {
            answer.set("x-amz-version-id", id.description)
        }
        return S3Answer(204, headers: answer)
    }

    /// DeleteObjects: each key is decided on by itself, and the answer says what became of it.
    func deleteObjects() async throws(S3Error) -> S3Answer {
        try refuseSecondFactor()
        let bucket = try bucket()
        let bypasses = try bypassesGovernance()
        let list = try DeleteList(try await document(root: "Delete"))
        // Whether the bucket is there is no question of any one key.
        _ = try await asking { () async throws(StoreError) in try await bucket.info() }
        var results: [DocumentElement] = []
        for item in list.items {
            do throws(S3Error) {
                let deleted = try await delete(item, in: bucket, bypassing: bypasses)
                if !list.isQuiet { results.append(deleted) }
            } catch {
                results.append(item.element("Error", [("Code", error.code), ("Message", error.message)]))
            }
        }
        return try answer(.root("DeleteResult", results))
    }

    // MARK: -

    private func delete(
        _ item: DeleteList.Item, in bucket: Bucket, bypassing: Bool
    ) async throws(S3Error) -> DocumentElement {
        let place = target.bucket ?? ""
        let action = item.versionID == nil ? "DeleteObject" : "DeleteObjectVersion"
        var facts: [String: [String]] = [:]
        if let version = item.versionID { facts["s3:VersionId"] = [version] }
        if let etag = item.etag { facts["s3:if-match"] = [etag] }
        try authorizer.check(.object(action, place, item.key), more: facts)
        if bypassing { try authorizer.check(.object("BypassGovernanceRetention", place, item.key), more: facts) }
        let key = try RequestTarget.objectKey(item.key)
        if item.etag != nil {
            var reading = self
            reading.target.key = item.key
            try await reading.takeExistingTags(of: nil)
            try reading.check(.object("GetObject", place, item.key), more: facts)
        }
        let version = try item.versionID.map { text throws(S3Error) in try Self.version(text) }
        let receipt = try await deleting { () async throws(StoreError) in
            try await bucket.delete(
                key, version: version, if: item.etag.map { .matches($0) }, bypassingGovernance: bypassing)
        }
        guard receipt.isDeleteMarker else { return item.element("Deleted", []) }
        return item.element(
            "Deleted",
            [("DeleteMarker", "true"), ("DeleteMarkerVersionId", receipt.versionID?.description ?? "null")])
    }

    /// What the store denies of a delete is denied by object lock alone.
    private func deleting(
        _ body: () async throws(StoreError) -> DeleteReceipt
    ) async throws(S3Error) -> DeleteReceipt {
        do throws(StoreError) {
            return try await body()
        } catch {
            throw error.code == .accessDenied ? Self.protected : refusal(error)
        }
    }

    func bypassesGovernance() throws(S3Error) -> Bool {
        try headers.flag("x-amz-bypass-governance-retention") ?? false
    }

    /// No user has a second factor here yet, so what asks for one cannot be held against it.
    private func refuseSecondFactor() throws(S3Error) {
        if headers.contains("x-amz-mfa") { throw .notImplemented("x-amz-mfa") }
    }
}

/// The document of a batch delete.
package struct DeleteList: Sendable {
    struct Item: Sendable {
        var key: String
        var versionID: String?
        var etag: String?

        /// What is said of it in the answer.
        func element(_ name: String, _ facts: [(String, String)]) -> DocumentElement {
            var children = [DocumentElement("Key", text: key)]
            if let versionID { children.append(DocumentElement("VersionId", text: versionID)) }
            return DocumentElement(name, children + facts.map { DocumentElement($0.0, text: $0.1) })
        }
    }

    /// S3's limit.
    static let countMaximum = 1_000

    var items: [Item]
    /// Whether only what failed is told.
    var isQuiet: Bool

    package init(_ root: DocumentElement) throws(S3Error) {
        try root.check(known: ["Object", "Quiet"])
        isQuiet = try root.flag("Quiet") ?? false
        items = []
        let objects = root.all("Object")
        guard (1...Self.countMaximum).contains(objects.count) else {
            throw .malformedXML("A batch delete has 1 to \(Self.countMaximum) objects.")
        }
        for object in objects {
            for name in ["LastModifiedTime", "Size"] where try object.child(name) != nil {
                throw .notImplemented("Delete.Object.\(name)")
            }
            try object.check(known: ["Key", "VersionId", "ETag"])
            let version = try object.text(of: "VersionId")
            items.append(
                Item(
                    key: try object.required("Key"), versionID: version?.isEmpty == true ? nil : version,
                    etag: try object.text(of: "ETag")?.unquotedETag))
        }
    }
}
