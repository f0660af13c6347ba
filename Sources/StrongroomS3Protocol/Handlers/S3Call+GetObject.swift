internal import Strongroom

extension S3Call {
    /// GetObject.
    func getObject() async throws(S3Error) -> S3Answer {
        let bucket = try await readableBucket()
        let (key, version, conditions) = (try key(), try version(), try ObjectHeaders.readConditions(headers))
        let body: ObjectBody
        var hasRange = false
        if let number = try partNumber() {
            guard !headers.contains("range") else {
                throw .invalidRequest("Cannot specify both Range header and partNumber query parameter.")
            }
            body = try await reading { () async throws(StoreError) in
                try await bucket.get(key, part: number, version: version, if: conditions)
            }
        } else {
            (body, hasRange) = try await whole(bucket, key, version, conditions)
        }
        try await checkKeyUse("kms:Decrypt", body.info.encryption)
        let isPartial = hasRange || body.part != nil
        var headers = try await answerHeaders(body.info, part: body.part, in: bucket)
        headers.set("content-length", String(body.lengthBytes))
        if hasRange || body.part != nil && body.info.partCount != nil {
            headers.set("content-range", Self.contentRange(body.range, body.info.sizeBytes))
        }
        return S3Answer(isPartial ? 206 : 200, headers: headers, body: try await answerBody(body))
    }

    /// Up to so many bytes are opened before the answer begins.
    private static let wholeBodyBytes: UInt64 = 64 << 10

    /// A small body goes out with the head in one piece, which halves what its sending takes; and where it cannot be
    /// opened the answer says so, not a connection that ends.
    private func answerBody(_ body: ObjectBody) async throws(S3Error) -> S3Answer.Body {
        guard body.lengthBytes <= Self.wholeBodyBytes else { return .object(body) }
        return .bytes(
            try await reading { () async throws(StoreError) in
                try await body.collect(upTo: Int(Self.wholeBodyBytes))
            })
    }

    /// HeadObject.
    func headObject() async throws(S3Error) -> S3Answer {
        let bucket = try await readableBucket()
        let (key, version, conditions) = (try key(), try version(), try ObjectHeaders.readConditions(headers))
        if let number = try partNumber() {
            let head = try await reading { () async throws(StoreError) in
                try await bucket.head(key, part: number, version: version, if: conditions)
            }
            var headers = try await answerHeaders(head.object, part: head.part, in: bucket)
            headers.set("content-length", String(head.part.sizeBytes))
            if head.object.partCount != nil {
                headers.set("content-range", Self.contentRange(head.part.range, head.object.sizeBytes))
            }
            return S3Answer(206, headers: headers)
        }
        let info = try await head(bucket, key, version, conditions)
        var headers = try await answerHeaders(info, part: nil, in: bucket)
        guard let range = try wantedRange(info) else {
            headers.set("content-length", String(info.sizeBytes))
            return S3Answer(200, headers: headers)
        }
        guard let bytes = range.resolved(sizeBytes: info.sizeBytes) else { throw Self.unsatisfiable(info.sizeBytes) }
        headers.set("content-length", String(bytes.count))
        headers.set("content-range", Self.contentRange(bytes, info.sizeBytes))
        return S3Answer(206, headers: headers)
    }

    // MARK: -

    /// Checksums follow from the bytes: of what is under a key of the key service they are told to whoever may use
    /// that, and so it is opened for them.
    private func head(
        _ bucket: Bucket, _ key: ObjectKey, _ version: VersionID?, _ conditions: ReadConditions
    ) async throws(S3Error) -> ObjectInfo {
        let info = try await reading { () async throws(StoreError) in
            try await bucket.head(key, version: version, if: conditions)
        }
        guard info.checksums.isEmpty, try wantsChecksums() else { return info }
        try await checkKeyUse("kms:Decrypt", info.encryption)
        return try await reading { () async throws(StoreError) in
            try await bucket.get(key, version: version, if: conditions).info
        }
    }

    func wantsChecksums() throws(S3Error) -> Bool {
        let name = "x-amz-checksum-mode"
        guard let mode = try headers.single(name) else { return false }
        guard mode.uppercased() == "ENABLED" else { throw .invalidArgument("\(name) is ENABLED.", name: name) }
        return true
    }

    /// The range that is asked for; nil for all of it, which is meant, too, where the client has a part of what was
    /// there before (`If-Range`; RFC 9110, section 13.1.5).
    private func wantedRange(_ info: ObjectInfo) throws(S3Error) -> ByteRange? {
        guard let range = try headers.single("range").flatMap(ByteRange.init(header:)) else { return nil }
        guard let known = try headers.single("if-range") else { return range }
        return known == info.etag.quotedETag || known == TimeText.header(info.lastModified) ? range : nil
    }

    /// The range is resolved against the very version whose bytes are sent.
    ///
    /// - Returns: and whether there is one.
    private func whole(
        _ bucket: Bucket, _ key: ObjectKey, _ version: VersionID?, _ conditions: ReadConditions
    ) async throws(S3Error) -> (ObjectBody, hasRange: Bool) {
        let body = try await reading { () async throws(StoreError) in
            try await bucket.get(key, version: version, if: conditions)
        }
        guard let range = try wantedRange(body.info) else { return (body, false) }
        guard let bytes = range.resolved(sizeBytes: body.info.sizeBytes) else {
            throw Self.unsatisfiable(body.info.sizeBytes)
        }
        return (body.narrowed(to: bytes), true)
    }

    /// The bucket to read from. Whoever may not list it is not told what is missing in it.
    private func readableBucket() async throws(S3Error) -> Bucket {
        try EncryptionHeaders.checkReading(headers)
        return try presentingBucket()
    }

    /// Reads, and says of what is not there no more than the caller may know: without `s3:ListBucket` a missing key is
    /// like a forbidden one.
    func reading<Value>(_ body: () async throws(StoreError) -> Value) async throws(S3Error) -> Value {
        do throws(StoreError) {
            return try await body()
        } catch {
            throw try await deleted(error, refusal(error))
        }
    }

    /// Says of an object that is not there, or of a version, that a delete marker stands in its place.
    private func deleted(_ error: StoreError, _ refusal: S3Error) async throws(S3Error) -> S3Error {
        var refusal = refusal
        if refusal.status == 304 { refusal.headers += try await validators() }
        guard refusal.status == 404 || refusal.status == 405 else { return refusal }
        var marker: VersionID?
        if error.code == .methodNotAllowed { marker = try version() }
        if error.code == .noSuchKey, let key = target.key {
            let options = VersionListOptions(prefix: key, limit: 1)
            let bucket = try bucket()
            let first = try? await bucket.listVersions(options).entries.first
            if let first, first.key.rawValue == key, first.isDeleteMarker { marker = first.versionID }
        }
        guard let marker else { return refusal }
        refusal.headers += [("x-amz-delete-marker", "true"), ("x-amz-version-id", marker.description)]
        if refusal.status == 405 { refusal.headers.append(("allow", "DELETE")) }
        return refusal
    }

    /// What an answer that nothing has changed says of the object (RFC 9110, section 15.4.5).
    private func validators() async throws(S3Error) -> [(name: String, value: String)] {
        let (bucket, key, version) = (try presentingBucket(), try key(), try version())
        let conditions = try ObjectHeaders.readConditions(self.headers)
        // Another one may have come meanwhile, whose ETag would be taken for that of what the client has.
        guard let info = try? await bucket.head(key, version: version), conditions.findNothingNew(in: info) else {
            return []
        }
        var headers = AnswerHeaders()
        headers.set("etag", info.etag.quotedETag)
        headers.set("last-modified", TimeText.header(info.lastModified))
        headers.set("cache-control", info.headers.cacheControl)
        headers.set("expires", info.headers.expires)
        if info.versionID != .null { headers.set("x-amz-version-id", info.versionID.description) }
        return headers.fields
    }

    func refusal(_ error: StoreError) -> S3Error {
        // A delete marker is an absence, too.
        let isAbsence = [.noSuchKey, .noSuchVersion, .methodNotAllowed].contains(error.code)
        if isAbsence, !mayList { return .accessDenied() }
        var refusal = S3Error(error).about(target, error.code)
        if error.code == .invalidRequest, !(error.underlyingError is RefusalReason) {
            refusal.message =
                customerKeys.object.isEmpty
                ? "The object was stored using a form of Server Side Encryption. The correct parameters must be "
                    + "provided to retrieve the object."
                : "The encryption parameters are not applicable to this object."
        }
        if error.code == .accessDenied, !customerKeys.object.isEmpty {
            refusal.message =
                "Requests specifying Server Side Encryption with Customer provided keys must provide the correct "
                + "secret key."
        }
        return refusal
    }

    private func partNumber() throws(S3Error) -> Int? {
        try query.number("partNumber", in: MultipartLimits.numbers)
    }

    private static func contentRange(_ range: Range<UInt64>, _ sizeBytes: UInt64) -> String {
        range.isEmpty ? "bytes */\(sizeBytes)" : "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(sizeBytes)"
    }

    private static func unsatisfiable(_ sizeBytes: UInt64) -> S3Error {
        S3Error(
            416, "InvalidRange", "The requested range is not satisfiable",
            details: [.init(name: "ActualObjectSize", value: "\(sizeBytes)")],
            headers: [("content-range", "bytes */\(sizeBytes)")])
    }
}

extension ReadConditions {
    /// Whether the client has this object already.
    fileprivate func findNothingNew(in info: ObjectInfo) -> Bool {
        if let differs { return differs.contains(info.etag) || differs.contains("*") }
        return modifiedSince.map { info.lastModified <= $0 } ?? false
    }
}
