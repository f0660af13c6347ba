internal import Strongroom
internal import StrongroomCrypto
internal import StrongroomKeys

extension S3Call {
    /// CompleteMultipartUpload.
    func completeMultipartUpload() async throws(S3Error) -> S3Answer {
        let (key, upload) = (try key(), try upload())
        // The key of a customer's is needed only where checksums came, and where it came it must be one.
        let (bucket, presenting) = (try bucket(), try presentingBucket())
        let condition = try await writeCondition()
        let checks = try completionChecks()
        try await checkMode(bucket, key, upload)
        // Checksums in headers are the object's here, and not the body's.
        let bodyChecks = try BodyChecks(headers.withoutChecksums)
        let body = try await payload.collect(upTo: S3Settings.completionLimitBytes, verifying: bodyChecks)
        let root = try DocumentReader.read(body, root: "CompleteMultipartUpload")
        let parts = try CompletionList.parts(root)
        if !checks.checksums.isEmpty || parts.contains(where: { !$0.expectedChecksums.isEmpty }) {
            try await checkComparing(bucket, key, upload)
        }
        let completed: Completed
        var expiration: String?
        do throws(StoreError) {
            let receipt = try await presenting.completeUpload(key, upload, parts: parts, if: condition, checks: checks)
            expiration = await expirationHeader(receipt, tags: nil, in: bucket)
            completed = Completed(receipt)
        } catch {
            guard error.code == .noSuchUpload, let made = try await alreadyCompleted(bucket, key, upload, parts) else {
                throw S3Error(error).about(target, error.code)
            }
            completed = made
        }
        var answer = AnswerHeaders()
        answer.set(completed.encryption, customerKeyMD5: nil)
        if completed.versionID != .null { answer.set("x-amz-version-id", completed.versionID.description) }
        answer.set("x-amz-expiration", expiration)
        return try self.answer(
            .root(
                "CompleteMultipartUploadResult",
                [
                    DocumentElement("Location", text: location(key)),
                    DocumentElement("Bucket", text: target.bucket ?? ""),
                    DocumentElement("Key", text: XMLText.writable(key.rawValue)),
                    DocumentElement("ETag", text: completed.etag.quotedETag),
                ] + completed.checksums.documentElements), headers: answer)
    }

    // MARK: -

    /// What is told of an upload that is completed.
    private struct Completed {
        var etag: String
        var versionID: VersionID
        var encryption: EncryptionDescriptor
        var checksums: [ObjectChecksum]

        init(_ receipt: PutReceipt) {
            (etag, versionID) = (receipt.etag, receipt.versionID)
            (encryption, checksums) = (receipt.encryption, receipt.checksums)
        }

        init(_ info: ObjectInfo) {
            (etag, versionID) = (info.etag, info.versionID)
            (encryption, checksums) = (info.encryption, info.checksums)
        }
    }

    /// A client that did not get the answer asks again: where the very object is there that the upload made, it is told
    /// so, as on AWS.
    private func alreadyCompleted(
        _ bucket: Bucket, _ key: ObjectKey, _ upload: UploadID, _ parts: [CompletedPart]
    ) async throws(S3Error) -> Completed? {
        let info = try await asking { () async throws(StoreError) in try await bucket.object(key, madeBy: upload) }
        guard let info, info.partCount == parts.count else { return nil }
        switch info.encryption {
        case .none, .s3Managed: return try Self.etag(of: parts) == info.etag ? Completed(info) : nil
        // Its ETag does not follow from those of the parts.
        case .kms, .kmsDualLayer, .customerKey: return Completed(info)
        }
    }

    /// That of an object of those parts; nil where theirs are no MD5s.
    private static func etag(of parts: [CompletedPart]) throws(S3Error) -> String? {
        let digests = parts.compactMap { Hexadecimal.decode($0.etag) }
        guard digests.count == parts.count, digests.allSatisfy({ $0.count == MultipartETag.partDigestSizeBytes })
        else { return nil }
        do throws(SealError) {
            return try MultipartETag(partMD5s: digests).text
        } catch {
            throw .internalError(error)
        }
    }

    /// Whether the user may use the key of an upload that checksums are announced for: they are compared only for
    /// whoever can open it.
    private func checkComparing(_ bucket: Bucket, _ key: ObjectKey, _ upload: UploadID) async throws(S3Error) {
        guard let info = try await uploadIfPresent(bucket, key, upload) else { return }
        try await checkKeyUse("kms:Decrypt", info.encryption)
    }

    /// Nil for one that is gone: it may have been completed before.
    private func uploadIfPresent(
        _ bucket: Bucket, _ key: ObjectKey, _ upload: UploadID
    ) async throws(S3Error) -> UploadInfo? {
        do throws(StoreError) {
            return try await bucket.upload(key, upload)
        } catch {
            guard error.code != .noSuchUpload else { return nil }
            throw S3Error(error).about(target, error.code)
        }
    }

    /// - Throws: `InvalidRequest` where the object's checksum would be of another kind than the client says.
    private func checkMode(_ bucket: Bucket, _ key: ObjectKey, _ upload: UploadID) async throws(S3Error) {
        guard let type = try headers.single("x-amz-checksum-type"),
            let info = try await uploadIfPresent(bucket, key, upload)
        else { return }
        let kept = info.compositeChecksums.isEmpty ? "FULL_OBJECT" : "COMPOSITE"
        guard type == kept else {
            throw .invalidRequest(
                "The upload was created using the \(kept) checksum mode. The complete request must use the same checksum "
                    + "mode.")
        }
    }

    /// What headers say of the whole object.
    private func completionChecks() throws(S3Error) -> CompletionChecks {
        var checks = CompletionChecks()
        for (name, value) in headers.beginning(with: BodyChecks.prefix) {
            let name = String(name.dropFirst(BodyChecks.prefix.count))
            if name == "type" || name == "algorithm" { continue }
            checks.checksums.append(try CompletionList.checksum(name, value.trimmingBlanks))
        }
        guard let text = try headers.single("x-amz-mp-object-size") else { return checks }
        guard let size = UInt64(text) else {
            throw .invalidRequest("Value for x-amz-mp-object-size header is invalid.")
        }
        checks.sizeBytes = size
        return checks
    }

    private func location(_ key: ObjectKey) -> String {
        let scheme = request.connection.isSecure ? "https" : "http"
        let host = headers.values("host").first ?? ""
        return "\(scheme)://\(host)\(request.rawPath)"
    }
}

extension RequestHeaders {
    /// Without what is said of an object's checksums.
    fileprivate var withoutChecksums: RequestHeaders {
        RequestHeaders(
            fields.filter { !$0.name.hasPrefix(BodyChecks.prefix) && $0.name != "x-amz-sdk-checksum-algorithm" })
    }
}

/// The document that completes an upload.
enum CompletionList {
    static func parts(_ root: DocumentElement) throws(S3Error) -> [CompletedPart] {
        try root.check(known: ["Part"])
        let elements = root.all("Part")
        guard (1...MultipartLimits.numbers.upperBound).contains(elements.count) else {
            throw .malformedXML("A completion names 1 to \(MultipartLimits.numbers.upperBound) parts.")
        }
        return try elements.map { element throws(S3Error) in
            guard let number = try element.number("PartNumber") else {
                throw .malformedXML("A part has no PartNumber.")
            }
            var part = CompletedPart(number: number, etag: try element.required("ETag").unquotedETag)
            for child in element.children where child.name != "PartNumber" && child.name != "ETag" {
                guard child.name.hasPrefix("Checksum") else {
                    throw .malformedXML("Part has an element \(child.name), which is not known here.")
                }
                part.expectedChecksums.append(try checksum(String(child.name.dropFirst("Checksum".count)), child.text))
            }
            return part
        }
    }

    static func checksum(_ name: String, _ text: String) throws(S3Error) -> ObjectChecksum {
        let algorithm = try BodyChecks.algorithm(name)
        do throws(StoreError) {
            return try ObjectChecksum(algorithm, text: text)
        } catch {
            throw .invalidRequest("Value for x-amz-checksum-\(name.lowercased()) header is invalid.")
        }
    }
}
