internal import StrongroomCrypto
internal import StrongroomKeys
internal import StrongroomStorage
internal import StrongroomSystem

/// An upload's row, authenticated.
struct FoundUpload: Sendable {
    var bucket: KnownBucket
    var rowKey: [UInt8]
    var value: [UInt8]
    var row: UploadRow

    var objectUID: [UInt8] { row.object.objectUID }
}

/// What is done to one upload.
struct UploadOperation: Sendable {
    let engine: Engine
    let requester: Requester
    let bucket: BucketName
    let key: ObjectKey
    let upload: UploadID

    typealias Part = (number: Int, rowKey: [UInt8], row: PartRow, value: [UInt8])

    var place: ObjectPlace { ObjectPlace(bucket: bucket, key: key) }

    /// - Throws: `noSuchUpload`, `damaged`.
    func find() async throws(StoreError) -> FoundUpload {
        let known = try engine.bucket(bucket)
        let rowKey = RowKey.upload(known.row.uid, key, upload.bytes)
        guard let value = try await engine.pinned(rowKey, key, bucket)?.row.value else { throw noSuchUpload }
        let row = try engine.uploadRow(value, rowKey: rowKey, key, in: known, bucket)
        return FoundUpload(bucket: known, rowKey: rowKey, value: value, row: row)
    }

    /// The upload with its parts, at one moment: one that is aborted or completed loses parts afterwards.
    func findWithParts() async throws(StoreError) -> (upload: FoundUpload, parts: [Part], lsn: UInt64) {
        let found = try await find()
        let (parts, lsn) = try await engine.partRows(of: found.objectUID, in: found.bucket, place)
        guard try await engine.pinned(found.rowKey, key, bucket) != nil else { throw noSuchUpload }
        return (found, parts, lsn)
    }

    /// What the bucket blocks it blocks for uploads that have begun, too.
    func checkAllowed(_ found: FoundUpload) throws(StoreError) {
        guard case .wrapped(let sealing) = found.row.object.sealing, sealing.mode == .customerKey,
            !found.bucket.row.allowsCustomerKeys
        else { return }
        throw EncryptionPlan.blocked(bucket).about(bucket, key)
    }

    /// The upload's data key, opened for the requester; nil where it is under none.
    ///
    /// - Throws: `invalidRequest` where a customer key is missing or comes for nothing, `accessDenied` where it is
    ///   another or the key service denies; else as the key service fails.
    func openKey(of found: FoundUpload) async throws(StoreError) -> DataKey? {
        let object = found.row.object
        try engine.checkPresented(object, place, by: requester)
        guard case .wrapped(let sealing) = object.sealing else { return nil }
        let identity = ObjectBinding.Identity(
            bucketUID: found.bucket.row.uid, key: key, versionID: object.versionID, objectUID: object.objectUID)
        return try await engine.unwrap(sealing, identity, as: requester, bucket)
    }

    var noSuchUpload: StoreError {
        StoreError(
            .noSuchUpload, "There is no such upload: it was completed or aborted, or never begun.", bucket: bucket,
            key: key)
    }

    func abort() async throws(StoreError) -> ChangeReceipt {
        _ = try engine.unlockedKeys()
        guard let receipt = try await commit(abortion(of: try await find())) else { throw noSuchUpload }
        return ChangeReceipt(lsn: receipt.lsn)
    }

    /// The same, if another row is as it was found; false where it is not.
    func abort(holding held: DeleteOperation.HeldRow) async throws(StoreError) -> Bool {
        try await commit(abortion(of: try await find()).holding(held.rowKey, as: held.value)) != nil
    }

    /// Nil where rows are not as they were found.
    private func commit(_ abortion: RowWrite) async throws(StoreError) -> CommitReceipt? {
        switch try await engine.commit([abortion]) {
        case .committed(let receipt): return receipt
        case .refused(.failed(let error)): throw error
        case .refused: return nil
        }
    }

    private func abortion(of found: FoundUpload) -> RowWrite {
        let mark = RowKey.abandonedParts(found.bucket.row.uid, of: found.objectUID)
        return RowWrite(reads: [found.rowKey], frees: true) { [noSuchUpload] (view) throws(RowWrite.Refusal) in
            guard view.rows[0] != nil else { throw .failed(noSuchUpload) }
            return [
                RowMutation(key: found.rowKey, change: .delete),
                RowMutation(key: mark, change: .put(value: [1], payload: .none)),
            ]
        }
    }

    func list(after: Int, limit: Int) async throws(StoreError) -> PartPage {
        let (found, parts, lsn) = try await findWithParts()
        let rows = parts.filter { $0.number > after }
        var page = PartPage(parts: [], next: nil, lsn: lsn)
        for row in rows.prefix(limit) {
            var part = try info(row.number, row.row, in: found.bucket)
            // No key is asked for here, so what follows from the plaintext is not told.
            if found.row.object.hidesChecksums { part.checksums = [] }
            page.parts.append(part)
        }
        if rows.count > limit { page.next = page.parts.last?.number }
        return page
    }

    func info(_ number: Int, _ row: PartRow, in bucket: KnownBucket) throws(StoreError) -> PartInfo {
        let attributes = try engine.attributes(row.attributes, of: row.partUID, in: bucket, place)
        return PartInfo(
            number: number, etag: attributes.etag, sizeBytes: row.sizeBytes, checksums: attributes.checksums,
            lastModified: .init(storeMilliseconds: row.lastModifiedMilliseconds), lsn: row.lsn)
    }
}

extension Engine {
    func uploadRow(
        _ value: [UInt8], rowKey: [UInt8], _ key: ObjectKey, in bucket: KnownBucket, _ name: BucketName
    ) throws(StoreError) -> UploadRow {
        guard try bucketKeys(bucket).isAuthentic(value, rowKey: rowKey) else {
            throw StoreError(
                .damaged, "The upload's row is not what was written: it was altered, or belongs to another one.",
                bucket: name, key: key)
        }
        do throws(FieldReader.Malformed) {
            return try UploadRow(decoding: value)
        } catch {
            throw StoreError(.damaged, "The upload's row cannot be read: \(error.reason).", bucket: name, key: key)
        }
    }

    /// Opens a sealed attribute block.
    func attributes(
        _ sealed: [UInt8], of uid: [UInt8], in bucket: KnownBucket, _ place: ObjectPlace
    ) throws(StoreError) -> ObjectAttributes {
        do {
            var plain = try SealedStream.open(
                sealed, ObjectAttributes.suite, key: try bucketKeys(bucket).attributes,
                context: CanonicalFields.attributeContext(objectUID: uid))
            defer { plain.wipeTail(from: 0) }
            return try ObjectAttributes(decoding: plain)
        } catch let error as FieldReader.Malformed {
            throw StoreError(
                .damaged, "The attributes cannot be read: \(error.reason).", bucket: place.bucket, key: place.key)
        } catch let error as SealError {
            throw StoreError(error, bucket: place.bucket, key: place.key)
        } catch let error as StoreError {
            throw error
        } catch {
            throw StoreError(
                .damaged, "The attributes cannot be read: \(error).", bucket: place.bucket, key: place.key)
        }
    }

    func listUploads(
        prefix: String, after: UploadContinuation?, limit: Int, in name: BucketName
    ) async throws(StoreError) -> UploadPage {
        _ = try unlockedKeys()
        let bucket = try bucket(name)
        let range = RowKey.uploads(bucket.row.uid, prefix: prefix.utf8)
        // A marker may stand before the prefix.
        let marker = after?.lowerBound ?? range
        let start = marker.lexicographicallyPrecedes(range) ? range : marker
        let (found, lsn) = try await readStorage { snapshot throws(StorageError) in
            var found: [(key: [UInt8], value: [UInt8])] = []
            try snapshot.scan(from: start, to: RowKey.successor(ofPrefix: range)) { key, row in
                found.append((key, row.value))
                return found.count > limit ? .stop : .next
            }
            return (found, snapshot.lsn)
        }
        var page = UploadPage(uploads: [], next: nil, lsn: lsn)
        for (rowKey, value) in found.prefix(limit) {
            guard let parsed = RowKey.parseUpload(rowKey), let key = ObjectKey(storedBytes: parsed.key) else {
                throw StoreError(.damaged, "The key of an upload's row cannot be read.", bucket: name)
            }
            let row = try uploadRow(value, rowKey: rowKey, key, in: bucket, name)
            page.uploads.append(row.info(key, UploadID(bytes: parsed.uploadID)))
        }
        if found.count > limit { page.next = UploadContinuation(lowerBound: found[limit].key) }
        return page
    }
}

extension UploadRow {
    func info(_ key: ObjectKey, _ id: UploadID) -> UploadInfo {
        UploadInfo(
            key: key, id: id, initiated: .init(storeMilliseconds: object.lastModifiedMilliseconds),
            storageClass: object.storageClass, encryption: object.descriptor,
            checksums: Set(checksums.map { .init(algorithm: $0.algorithm) }),
            compositeChecksums: Set(checksums.filter { $0.type == .composite }.map { .init(algorithm: $0.algorithm) }),
            lsn: object.lsn)
    }
}
