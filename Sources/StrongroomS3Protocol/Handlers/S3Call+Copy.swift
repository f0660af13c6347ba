internal import Strongroom

extension S3Call {
    /// CopyObject.
    func copyObject() async throws(S3Error) -> S3Answer {
        try await whileSourceChanges { () async throws(S3Error) in try await copyOnce() }
    }

    /// Does it again where the source was overwritten after the look at it, unless the client said which one it means.
    func whileSourceChanges(_ body: () async throws(S3Error) -> S3Answer) async throws(S3Error) -> S3Answer {
        let isConditional = !headers.beginning(with: "x-amz-copy-source-if-").isEmpty
        for _ in 0..<4 where !isConditional {
            do throws(S3Error) {
                return try await body()
            } catch {
                guard error.code == "PreconditionFailed" else { throw error }
            }
        }
        return try await body()
    }

    private func copyOnce() async throws(S3Error) -> S3Answer {
        let (target, key) = (try bucket(), try key())
        var options = try await copyOptions()
        let source = try await copySource(conditions: options.sourceConditions)
        try refuseLists()
        if options.tags == .copy, source.info.tagCount > 0 {
            try source.authorizer.check(
                source.permission(source.hasVersion ? "GetObjectVersionTagging" : "GetObjectTagging"))
            try check(object: "PutObjectTagging")
        }
        try checkAlgorithm(source.info)
        try checkSomethingChanges(source, options)
        try await source.call.checkKeyUse("kms:Decrypt", source.info.encryption)
        options.encryption = try await settled("kms:GenerateDataKey", storing: options.encryption, in: target)
        options.sourceVersion = source.pinnedVersion
        options.sourceConditions = source.pinned(options.sourceConditions)
        options.sourceCustomerKey = try customerKeys.sourceKey()
        let receipt = try await asking { [options] () async throws(StoreError) in
            try await target.copy(source.key, from: source.bucket, to: key, options: options)
        }
        var answer = AnswerHeaders()
        answer.set(receipt.encryption, customerKeyMD5: customerKeys.object.md5)
        if receipt.versionID != .null { answer.set("x-amz-version-id", receipt.versionID.description) }
        answer.set("x-amz-expiration", await expirationHeader(receipt, tags: nil, in: target))
        if source.info.versionID != .null {
            answer.set("x-amz-copy-source-version-id", source.info.versionID.description)
        }
        let root = DocumentElement.root(
            "CopyObjectResult",
            [
                DocumentElement("LastModified", text: TimeText.document(receipt.lastModified)),
                DocumentElement("ETag", text: receipt.etag.quotedETag),
            ] + receipt.checksums.documentElements)
        return try self.answer(root, headers: answer)
    }

    // MARK: -

    private func copyOptions() async throws(S3Error) -> CopyOptions {
        let fresh = try ObjectHeaders.putOptions(headers, customerKeys)
        var options = CopyOptions(
            sourceConditions: try ObjectHeaders.readConditions(headers, prefix: "x-amz-copy-source-"),
            encryption: fresh.encryption, storageClass: fresh.storageClass,
            condition: try await writeCondition(), retention: fresh.retention,
            legalHold: fresh.legalHold)
        if try replaces("x-amz-metadata-directive") {
            options.metadata = .replace(
                contentType: fresh.contentType, metadata: fresh.metadata, headers: fresh.headers)
        }
        if try replaces("x-amz-tagging-directive") {
            options.tags = .replace(fresh.tags)
            try checkPutting(fresh)
        } else {
            var others = fresh
            others.tags = .none
            try checkPutting(others)
        }
        return options
    }

    private func replaces(_ name: String) throws(S3Error) -> Bool {
        switch try headers.single(name) {
        case nil, "COPY": false
        case "REPLACE": true
        case let other?:
            throw .invalidArgument("Unknown directive.", name: name, value: String(other.prefix(64)))
        }
    }

    /// A copy has the checksums of its source.
    private func checkAlgorithm(_ source: ObjectInfo) throws(S3Error) {
        guard let name = try headers.single("x-amz-checksum-algorithm") else { return }
        guard source.checksums.contains(where: { $0.algorithm.description == name.uppercased() }) else {
            throw .notImplemented("x-amz-checksum-algorithm of a copy whose source has another")
        }
    }

    private func checkSomethingChanges(_ source: CopySourceObject, _ options: CopyOptions) throws(S3Error) {
        let isSame = source.target == target && !source.hasVersion
        let asksForEncryption =
            !headers.beginning(with: EncryptionHeaders.mode).isEmpty || !customerKeys.object.isEmpty
        guard isSame, options.metadata == .copy, !asksForEncryption,
            options.storageClass == source.info.storageClass || !headers.contains("x-amz-storage-class"),
            source.info.encryption.isDefault
        else { return }
        throw .invalidRequest(
            "This copy request is illegal because it is trying to copy an object to itself without changing the "
                + "object's metadata, storage class, website redirect location or encryption attributes.")
    }
}

extension EncryptionDescriptor {
    /// Whether it is what every bucket does that says nothing: copying onto itself what is under another changes that.
    fileprivate var isDefault: Bool { if case .s3Managed = self { true } else { false } }
}
