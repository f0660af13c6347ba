internal import StrongroomKeys

extension Bucket {
    /// Begins an upload in parts. It survives a restart, and takes space until it is completed or aborted.
    /// What it returns names it for the other calls, by its ``UploadInfo/id``.
    ///
    /// - Parameters:
    ///   - key: the key that the object will have.
    ///   - options: what a put would say of the object. A condition belongs to the completion; checksums that the
    ///     bytes must have belong to the parts.
    ///   - compositeChecksums: checksums to keep that are made of the parts' checksums (S3: `COMPOSITE`). Those of
    ///     `options` are of all the bytes where that follows from the parts' (the CRCs), and else composite, too.
    /// - Throws: ``StoreError/Code/invalidArgument`` for an option that belongs elsewhere, and for CRC-64/NVME, which
    ///   is never composite; else as a put does.
    public func createUpload(
        _ key: ObjectKey, options: PutOptions = PutOptions(),
        compositeChecksums: Set<ObjectChecksum.Algorithm> = []
    ) async throws(StoreError) -> UploadInfo {
        try options.check()
        let checksums = try UploadChecksum.plan(options, composite: compositeChecksums)
        guard options.condition == nil, options.expectedChecksums.isEmpty, options.expectedMD5 == nil else {
            throw StoreError(
                .invalidArgument,
                "A condition belongs to the completion of an upload, and what the bytes must come to belongs to its "
                    + "parts; leave it out here.", bucket: name, key: key)
        }
        let put = PutOperation(engine: engine, requester: requester, bucket: name, key: key, options: options)
        return try await put.createUpload(checksums)
    }

    /// Stores a part. Parts may come in any order, at the same time and repeatedly: of several attempts at one number
    /// the last to finish counts.
    ///
    /// - Parameters:
    ///   - number: 1 to 10,000.
    ///   - key: the upload's key.
    ///   - upload: the upload.
    ///   - body: slices of any size, to 5 GiB together.
    ///   - lengthBytes: how long the body is, if known: another length is refused.
    ///   - expectedChecksums: checksums that the bytes must have.
    ///   - expectedMD5: the MD5 that the bytes must have, 16 bytes.
    /// - Throws: ``StoreError/Code/noSuchUpload``, ``StoreError/Code/entityTooLarge``,
    ///   ``StoreError/Code/badDigest``; else as a put does.
    @discardableResult
    public func uploadPart<Body: AsyncSequence>(
        _ number: Int, of key: ObjectKey, _ upload: UploadID, _ body: Body, lengthBytes: UInt64? = nil,
        expectedChecksums: [ObjectChecksum] = [], expectedMD5: [UInt8]? = nil
    ) async throws(StoreError) -> PartInfo where Body.Element == ArraySlice<UInt8> {
        let operation = UploadOperation(engine: engine, requester: requester, bucket: name, key: key, upload: upload)
        return try await operation.put(
            number, body, lengthBytes: lengthBytes, expectedChecksums: expectedChecksums, expectedMD5: expectedMD5)
    }

    /// Stores a part whose bytes are in memory.
    ///
    /// - Throws: as ``uploadPart(_:of:_:_:lengthBytes:expectedChecksums:expectedMD5:)``.
    @discardableResult
    public func uploadPart(
        _ number: Int, of key: ObjectKey, _ upload: UploadID, _ bytes: [UInt8]
    ) async throws(StoreError) -> PartInfo {
        try await uploadPart(
            number, of: key, upload, SingleSlice(bytes: bytes[...]), lengthBytes: UInt64(bytes.count))
    }

    /// Stores a part whose bytes are those of an object, or of a range of one. They are opened and sealed anew.
    ///
    /// - Throws: as ``uploadPart(_:of:_:_:lengthBytes:expectedChecksums:expectedMD5:)`` about the upload and as
    ///   ``get(_:version:range:if:)`` about the source.
    @discardableResult
    public func uploadPart(
        _ number: Int, of key: ObjectKey, _ upload: UploadID, copying source: ObjectKey,
        from sourceBucket: Bucket? = nil,
        version: VersionID? = nil, range: Range<UInt64>? = nil, if conditions: ReadConditions = ReadConditions()
    ) async throws(StoreError) -> PartInfo {
        let place = sourceBucket ?? self
        guard place.engine === engine else {
            throw StoreError(
                .invalidArgument, "The source is in another store; get it there and upload it here.", bucket: name,
                key: key)
        }
        let body = try await place.get(source, version: version, range: range, if: conditions)
        return try await uploadPart(number, of: key, upload, CopyBody(body: body), lengthBytes: body.lengthBytes)
    }

    /// Makes the object of the parts named, and drops the others. Needs no key, whatever the object is sealed with,
    /// unless checksums are announced: under the key service or a customer's key these are compared only for whoever
    /// can open the upload's key.
    ///
    /// - Parameters:
    ///   - key: the upload's key.
    ///   - upload: the upload.
    ///   - parts: in ascending order of their numbers, which need not be consecutive.
    ///   - condition: what must be true of the key.
    ///   - checks: what the object must come to.
    /// - Throws: ``StoreError/Code/noSuchUpload``, ``StoreError/Code/invalidPart``,
    ///   ``StoreError/Code/invalidPartOrder``, ``StoreError/Code/entityTooSmall``,
    ///   ``StoreError/Code/badDigest`` and ``StoreError/Code/invalidRequest`` where checksums or size are others, or
    ///   the upload keeps no such checksum, or no customer key comes that checksums are compared under;
    ///   ``StoreError/Code/accessDenied`` where the key service denies its key for that;
    ///   ``StoreError/Code/preconditionFailed``. The upload is still there then.
    @discardableResult
    public func completeUpload(
        _ key: ObjectKey, _ upload: UploadID, parts: [CompletedPart], if condition: WriteCondition? = nil,
        checks: CompletionChecks = CompletionChecks()
    ) async throws(StoreError) -> PutReceipt {
        let operation = UploadOperation(engine: engine, requester: requester, bucket: name, key: key, upload: upload)
        let receipt = try await engine.observing(.completeUpload, name) { () async throws(StoreError) in
            try await operation.complete(parts, if: condition, checks)
        }
        engine.metrics.noteStored(receipt.sizeBytes)
        return receipt
    }

    /// An upload that has begun and is neither completed nor aborted.
    ///
    /// - Throws: ``StoreError/Code/noSuchUpload``.
    public func upload(_ key: ObjectKey, _ upload: UploadID) async throws(StoreError) -> UploadInfo {
        let operation = UploadOperation(engine: engine, requester: requester, bucket: name, key: key, upload: upload)
        return try await operation.find().row.info(key, upload)
    }

    /// The newest object under `key` where that upload made it: a client that did not get the answer completes the
    /// upload once more. Nil of any other object, and of one that was sealed anew since.
    package func object(_ key: ObjectKey, madeBy upload: UploadID) async throws(StoreError) -> ObjectInfo? {
        do throws(StoreError) {
            let found = try await engine.findPinningParts(key, nil, in: engine.bucket(name), name)
            return found.opened.row.objectUID == upload.bytes ? found.opened.info : nil
        } catch {
            guard error.code != .noSuchKey, error.code != .methodNotAllowed else { return nil }
            throw error
        }
    }

    /// Drops an upload and its parts.
    ///
    /// - Throws: ``StoreError/Code/noSuchUpload``.
    @discardableResult
    public func abortUpload(_ key: ObjectKey, _ upload: UploadID) async throws(StoreError) -> ChangeReceipt {
        try await UploadOperation(engine: engine, requester: requester, bucket: name, key: key, upload: upload).abort()
    }

    /// One page of an upload's parts.
    ///
    /// - Parameters:
    ///   - key: the upload's key.
    ///   - upload: the upload.
    ///   - after: only parts with greater numbers.
    ///   - limit: at most so many, 1 to 1,000.
    /// - Throws: ``StoreError/Code/noSuchUpload``.
    public func listParts(
        _ key: ObjectKey, _ upload: UploadID, after: Int = 0, limit: Int = ListOptions.limitMaximum
    ) async throws(StoreError) -> PartPage {
        try ListOptions(limit: limit).check()
        let operation = UploadOperation(engine: engine, requester: requester, bucket: name, key: key, upload: upload)
        return try await operation.list(after: after, limit: limit)
    }

    /// Where a listing of uploads goes on behind one of them, or behind all of a key's where none is named.
    package func uploadContinuation(
        behind key: ObjectKey, _ upload: UploadID? = nil
    ) throws(StoreError) -> UploadContinuation {
        let uid = try engine.bucket(name).row.uid
        let last = upload?.bytes ?? [UInt8](repeating: 0xFF, count: ObjectRow.uidBytes)
        return UploadContinuation(lowerBound: RowKey.upload(uid, key, last) + [0])
    }

    /// One page of the bucket's unfinished uploads.
    ///
    /// - Throws: ``StoreError/Code/noSuchBucket``, ``StoreError/Code/damaged``.
    public func listUploads(
        prefix: String = "", after: UploadContinuation? = nil, limit: Int = ListOptions.limitMaximum
    ) async throws(StoreError) -> UploadPage {
        try ListOptions(prefix: prefix, limit: limit).check()
        return try await engine.listUploads(prefix: prefix, after: after, limit: limit, in: name)
    }
}
