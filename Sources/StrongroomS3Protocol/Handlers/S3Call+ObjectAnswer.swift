internal import Strongroom

extension S3Call {
    /// The headers that say what is true of an object, as GetObject and HeadObject answer with.
    func answerHeaders(
        _ info: ObjectInfo, part: ObjectPartInfo?, in bucket: Bucket
    ) async throws(S3Error) -> AnswerHeaders {
        var answer = AnswerHeaders()
        answer.set("accept-ranges", "bytes")
        answer.set("last-modified", TimeText.header(info.lastModified))
        answer.set("etag", info.etag.quotedETag)
        answer.set("content-type", info.contentType ?? "binary/octet-stream")
        answer.set("cache-control", info.headers.cacheControl)
        answer.set("content-disposition", info.headers.contentDisposition)
        answer.set("content-encoding", info.headers.contentEncoding)
        answer.set("content-language", info.headers.contentLanguage)
        answer.set("expires", info.headers.expires)
        for (name, value) in info.metadata {
            answer.set(ObjectHeaders.metadataPrefix + name, MetadataText.header(value))
        }
        if info.versionID != .null || isVersioned(info) { answer.set("x-amz-version-id", info.versionID.description) }
        if info.storageClass != .standard { answer.set("x-amz-storage-class", info.storageClass.rawValue) }
        if info.tagCount > 0, mayKnow(query.contains("versionId") ? "GetObjectVersionTagging" : "GetObjectTagging") {
            answer.set("x-amz-tagging-count", String(info.tagCount))
        }
        if let count = info.partCount { answer.set("x-amz-mp-parts-count", String(count)) }
        if let retention = info.retention, mayKnow("GetObjectRetention") {
            answer.set(ObjectHeaders.lockMode, RetentionText.text(retention.mode))
            answer.set(ObjectHeaders.lockDate, TimeText.document(retention.until))
        }
        if info.legalHold, mayKnow("GetObjectLegalHold") { answer.set(ObjectHeaders.lockHold, "ON") }
        // Only of what is the newest version for certain.
        if !query.contains("versionId") {
            answer.set("x-amz-expiration", await expirationHeader(info, in: bucket))
        }
        answer.set(info.encryption, customerKeyMD5: customerKeys.object.md5)
        if try wantsChecksums(), !headers.contains("range") {
            answer.set(checksums: part?.checksums ?? info.checksums)
        }
        try override(&answer)
        return answer
    }

    /// Whether the version was asked for by its id: then an answer names it, `null` too.
    private func isVersioned(_ info: ObjectInfo) -> Bool { query.contains("versionId") }

    /// Tags and locks have permissions of their own, without which an answer leaves out what it would say of them.
    private func mayKnow(_ action: String) -> Bool {
        authorizer.decision(.object(action, target.bucket ?? "", target.key ?? "")) == .allowed
    }

    private static let overridable = [
        "response-content-type": "content-type", "response-content-language": "content-language",
        "response-expires": "expires", "response-cache-control": "cache-control",
        "response-content-disposition": "content-disposition",
        "response-content-encoding": "content-encoding",
    ]

    /// What the query asks to be said instead; only of those who are known.
    private func override(_ answer: inout AnswerHeaders) throws(S3Error) {
        for (parameter, header) in Self.overridable {
            guard let value = try query.single(parameter) else { continue }
            guard identity.user != nil else {
                throw .invalidRequest("Request specific response headers cannot be used for anonymous GET requests.")
            }
            // A line's end would let the query write headers of its own.
            guard value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
                throw .invalidArgument("\(parameter) has control characters.", name: parameter)
            }
            answer.set(header, value)
        }
    }
}

extension AnswerHeaders {
    /// A header for each checksum, and what kind they are.
    mutating func set(checksums: [ObjectChecksum]) {
        for checksum in checksums {
            set("x-amz-checksum-" + checksum.algorithm.description.lowercased(), checksum.base64)
        }
        guard let first = checksums.first else { return }
        set("x-amz-checksum-type", first.compositePartCount == nil ? "FULL_OBJECT" : "COMPOSITE")
    }
}
