internal import Strongroom

extension S3Call {
    /// CreateMultipartUpload.
    func createMultipartUpload() async throws(S3Error) -> S3Answer {
        let bucket = try bucket()
        let key = try key()
        var options = try ObjectHeaders.putOptions(headers, customerKeys)
        try checkPutting(options)
        try refuseLists()
        options.encryption = try await settled("kms:GenerateDataKey", storing: options.encryption, in: bucket)
        let checksum = try UploadChecksumHeaders(headers)
        let page = try ListingPage(query)
        options.checksums = checksum.isComposite ? [] : [checksum.algorithm]
        let upload = try await asking { [options] () async throws(StoreError) in
            try await bucket.createUpload(
                key, options: options, compositeChecksums: checksum.isComposite ? [checksum.algorithm] : [])
        }
        // What is done cannot be refused any more because XML cannot name it.
        let name = page.encodesNames ? key.rawValue : XMLText.writable(key.rawValue)
        var answer = AnswerHeaders()
        answer.set(upload.encryption, customerKeyMD5: customerKeys.object.md5)
        answer.set("x-amz-checksum-algorithm", checksum.algorithm.description)
        answer.set("x-amz-checksum-type", checksum.isComposite ? "COMPOSITE" : "FULL_OBJECT")
        await setAbortion(of: upload, in: bucket, &answer)
        return try self.answer(
            .root(
                "InitiateMultipartUploadResult",
                [
                    DocumentElement("Bucket", text: target.bucket ?? ""), page.element("Key", name),
                    DocumentElement("UploadId", text: upload.id.description),
                ]), headers: answer)
    }

    /// UploadPart.
    func uploadPart() async throws(S3Error) -> S3Answer {
        let bucket = try presentingBucket()
        let (key, upload, number) = (try key(), try upload(), try number())
        let checks = try BodyChecks(headers)
        let info = try await uploadInfo(bucket, key, upload)
        try await checkKeyUse("kms:Decrypt", info.encryption)
        try checks.check(against: info)
        let body = try payload.body(verifying: checks)
        let part = try await partAnswer { () async throws(StoreError) in
            try await bucket.uploadPart(
                number, of: key, upload, body, lengthBytes: payload.lengthBytes,
                expectedChecksums: checks.checksums, expectedMD5: checks.md5)
        }
        var answer = AnswerHeaders()
        answer.set("etag", part.etag.quotedETag)
        answer.set(info.encryption, customerKeyMD5: customerKeys.object.md5)
        for checksum in part.checksums {
            answer.set("x-amz-checksum-" + checksum.algorithm.description.lowercased(), checksum.base64)
        }
        return S3Answer(200, headers: answer)
    }

    /// UploadPartCopy.
    func uploadPartCopy() async throws(S3Error) -> S3Answer {
        try await whileSourceChanges { () async throws(S3Error) in try await copyPartOnce() }
    }

    private func copyPartOnce() async throws(S3Error) -> S3Answer {
        let bucket = try presentingBucket()
        let (key, upload, number) = (try key(), try upload(), try number())
        let conditions = try ObjectHeaders.readConditions(headers, prefix: "x-amz-copy-source-")
        let source = try await copySource(conditions: conditions)
        let info = try await uploadInfo(bucket, key, upload)
        try await checkKeyUse("kms:Decrypt", info.encryption)
        try await source.call.checkKeyUse("kms:Decrypt", source.info.encryption)
        let range = try copyRange(source.info.sizeBytes)
        let part = try await partAnswer { () async throws(StoreError) in
            try await bucket.uploadPart(
                number, of: key, upload, copying: source.key, from: source.bucket, version: source.pinnedVersion,
                range: range, if: source.pinned(conditions))
        }
        var answer = AnswerHeaders()
        answer.set(info.encryption, customerKeyMD5: customerKeys.object.md5)
        if source.info.versionID != .null {
            answer.set("x-amz-copy-source-version-id", source.info.versionID.description)
        }
        return try self.answer(
            .root(
                "CopyPartResult",
                [
                    DocumentElement("LastModified", text: TimeText.document(part.lastModified)),
                    DocumentElement("ETag", text: part.etag.quotedETag),
                ] + part.checksums.map { DocumentElement("Checksum" + $0.algorithm.description, text: $0.base64) }),
            headers: answer)
    }

    /// AbortMultipartUpload.
    func abortMultipartUpload() async throws(S3Error) -> S3Answer {
        let (bucket, key, upload) = (try bucket(), try key(), try upload())
        _ = try await asking { () async throws(StoreError) in try await bucket.abortUpload(key, upload) }
        return S3Answer(204)
    }

    // MARK: -

    private func uploadInfo(
        _ bucket: Bucket, _ key: ObjectKey, _ upload: UploadID
    ) async throws(S3Error) -> UploadInfo {
        try await asking { () async throws(StoreError) in try await bucket.upload(key, upload) }
    }

    private func number() throws(S3Error) -> Int {
        guard let number = try query.number("partNumber", in: MultipartLimits.numbers) else {
            throw .invalidArgument(
                "Part number must be an integer between 1 and 10000, inclusive", name: "partNumber")
        }
        return number
    }

    /// Of a copy's range nothing is clamped: a part that is shorter than was asked for is a mistake.
    private func copyRange(_ sizeBytes: UInt64) throws(S3Error) -> Range<UInt64>? {
        let name = "x-amz-copy-source-range"
        guard let text = try headers.single(name) else { return nil }
        guard case .between(let first, let last)? = ByteRange(header: text) else {
            throw .invalidArgument(
                "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the "
                    + "zero-based offsets of the first and last bytes to copy", name: name)
        }
        guard last < sizeBytes else {
            throw .invalidArgument(
                "Range specified is not valid for source object of size: \(sizeBytes)", name: name)
        }
        return first..<last + 1
    }

    /// Says of a part's customer key what S3 says of one.
    private func partAnswer<Value>(
        _ body: () async throws(StoreError) -> Value
    ) async throws(S3Error) -> Value {
        do throws(StoreError) {
            return try await body()
        } catch {
            switch error.code {
            case .invalidRequest:
                throw .invalidRequest(
                    "The multipart upload initiate requested encryption. Subsequent part requests must include the "
                        + "appropriate encryption parameters.")
            case .accessDenied
            where !customerKeys.object.isEmpty && error.underlyingError as? RefusalReason != .blockedEncryption:
                throw .invalidRequest("The provided encryption parameters did not match the ones used originally.")
            default: throw S3Error(error)
            }
        }
    }
}
