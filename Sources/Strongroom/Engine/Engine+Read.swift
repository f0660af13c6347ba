internal import StrongroomCrypto
internal import StrongroomKeys
internal import StrongroomStorage
internal import StrongroomSystem

/// A row that was authenticated, and what its sealed attributes say.
struct OpenedRow: Sendable {
    var row: ObjectRow
    var attributes: ObjectAttributes
    var info: ObjectInfo

    var tags: ObjectTags { ObjectTags(checked: attributes.tags) }
}

extension Engine {
    func bucketKeys(_ bucket: KnownBucket) throws(StoreError) -> BucketKeys {
        try unlockedKeys().keys(ofBucket: bucket.row.uid)
    }

    func head(
        _ key: ObjectKey, _ version: VersionID?, in name: BucketName, if conditions: ReadConditions
    ) async throws(StoreError) -> ObjectInfo {
        let bucket = try bucket(name)
        let found = try await find(key, version, in: bucket, name)
        let info = try opened(found.pinned.row.value, rowKey: found.rowKey, key, in: bucket, name).info
        try conditions.check(info, in: name)
        return info
    }

    func pinned(_ rowKey: [UInt8], _ key: ObjectKey, _ name: BucketName) async throws(StoreError) -> (any PinnedRow)? {
        do throws(StorageError) {
            return try await metadata.pinnedRow(rowKey)
        } catch {
            throw StoreError(error, bucket: name, key: key)
        }
    }

    static func noSuchKey(_ key: ObjectKey, _ name: BucketName) -> StoreError {
        StoreError(.noSuchKey, "There is no object under that key.", bucket: name, key: key)
    }

    /// Checks a stored row's MAC, reads it and opens its attributes. Calls no key backend.
    ///
    /// - Throws: `damaged`; nothing of a row that fails is used.
    func opened(
        _ storedValue: [UInt8], rowKey: [UInt8], _ key: ObjectKey, in bucket: KnownBucket, _ name: BucketName
    ) throws(StoreError) -> OpenedRow {
        let keys = try bucketKeys(bucket)
        guard try keys.isAuthentic(storedValue, rowKey: rowKey) else {
            throw StoreError(
                .damaged, "The object's row is not what was written: it was altered, or belongs to another object.",
                bucket: name, key: key)
        }
        do {
            let row = try ObjectRow(decoding: storedValue)
            var plain = try SealedStream.open(
                row.attributes, ObjectAttributes.suite, key: keys.attributes,
                context: CanonicalFields.attributeContext(objectUID: row.objectUID))
            defer { plain.wipeTail(from: 0) }
            let attributes = try ObjectAttributes(decoding: plain)
            let info = ObjectInfo(
                key: key, sizeBytes: row.sizeBytes,
                lastModified: .init(storeMilliseconds: row.lastModifiedMilliseconds),
                etag: attributes.etag, checksums: attributes.checksums, contentType: attributes.contentType,
                headers: attributes.headers,
                metadata: attributes.metadata, tagCount: attributes.tags.count, storageClass: row.storageClass,
                versionID: row.publicVersionID, encryption: row.descriptor, lsn: row.lsn)
            return OpenedRow(row: row, attributes: attributes, info: info)
        } catch let error as FieldReader.Malformed {
            throw StoreError(.damaged, "The object's row cannot be read: \(error.reason).", bucket: name, key: key)
        } catch let error as SealError {
            throw StoreError(error, bucket: name, key: key)
        } catch {
            throw StoreError(.damaged, "The object's row cannot be read: \(error).", bucket: name, key: key)
        }
    }

    func get(
        _ key: ObjectKey, _ version: VersionID?, in name: BucketName, range: Range<UInt64>?,
        if conditions: ReadConditions, as caller: Caller?
    ) async throws(StoreError) -> ObjectBody {
        try await getWithTags(key, version, in: name, range: range, if: conditions, as: caller).body
    }

    func getWithTags(
        _ key: ObjectKey, _ version: VersionID?, in name: BucketName, range: Range<UInt64>? = nil,
        if conditions: ReadConditions, as caller: Caller?
    ) async throws(StoreError) -> (body: ObjectBody, tags: ObjectTags) {
        let bucket = try bucket(name)
        let found = try await find(key, version, in: bucket, name)
        let pinned = found.pinned
        let opened = try opened(pinned.row.value, rowKey: found.rowKey, key, in: bucket, name)
        try conditions.check(opened.info, in: name)
        let wanted = try Self.clamp(range, toSize: opened.row.sizeBytes, key, name)
        let payload = try await payload(of: pinned, opened.row, key, name)
        let place = ObjectPlace(bucket: name, key: key)
        switch opened.row.sealing {
        case .none:
            let stream = ClearStream(try bucketKeys(bucket), objectUID: opened.row.objectUID)
            let content = try ObjectContent(
                clear: stream, payload, sizeBytes: opened.row.sizeBytes, storedBytes: opened.row.storedBytes,
                place: place)
            return (ObjectBody(info: opened.info, range: wanted, content: content), opened.tags)
        case .wrapped(let sealing):
            let identity = ObjectBinding.Identity(
                bucketUID: bucket.row.uid, key: key, versionID: opened.row.versionID, objectUID: opened.row.objectUID)
            let dataKey = try await unwrap(sealing, opened, identity, as: caller, name)
            let content = try await ObjectContent(
                sealed: payload, try Self.suite(sealing, place), dataKey, objectUID: opened.row.objectUID,
                sizeBytes: opened.row.sizeBytes, storedBytes: opened.row.storedBytes, place: place)
            return (ObjectBody(info: opened.info, range: wanted, content: content), opened.tags)
        }
    }

    /// The payload's bytes, or its file opened, while the row is pinned.
    private func payload(
        of pinned: any PinnedRow, _ row: ObjectRow, _ key: ObjectKey, _ name: BucketName
    ) async throws(StoreError) -> StoredPayload {
        do throws(StorageError) {
            guard case .blob(let reference) = pinned.row.payload else {
                let bytes = try await pinned.payloadBytes()
                guard UInt64(bytes.count) == row.storedBytes else {
                    throw StorageError(
                        .corrupted, "The stored payload has \(bytes.count) bytes, not \(row.storedBytes).")
                }
                return .bytes(bytes)
            }
            guard reference.lengthBytes == row.storedBytes else {
                throw StorageError(
                    .corrupted, "The stored payload has \(reference.lengthBytes) bytes, not \(row.storedBytes).")
            }
            let suite: UInt16 = if case .wrapped(let sealing) = row.sealing { sealing.suite } else { 0 }
            let prelude = BlobPrelude(objectUID: row.objectUID, partUID: PayloadSealer.wholePartUID, suite: suite)
            return .blob(try await blobs.open(reference, expecting: prelude))
        } catch {
            throw Self.payloadFault(error, name, key)
        }
    }

    /// A payload that is lost or cut off is damage of that object, not of the store.
    static func payloadFault(_ fault: StorageError, _ name: BucketName, _ key: ObjectKey) -> StoreError {
        var error = StoreError(fault, bucket: name, key: key)
        if fault.code == .notFound || fault.code == .corrupted { error.code = .damaged }
        return error
    }

    private func unwrap(
        _ sealing: ObjectRow.WrappedSealing, _ opened: OpenedRow, _ identity: ObjectBinding.Identity,
        as caller: Caller?,
        _ name: BucketName
    ) async throws(StoreError) -> DataKey {
        let keys = try unlockedKeys()
        guard sealing.backendID == keys.backendID else {
            throw StoreError(
                .keyNotFound,
                "The object is sealed by the key backend \(sealing.backendID.debugDescription), "
                    + "and the store was opened with \(keys.backendID.debugDescription).",
                bucket: name, key: identity.key)
        }
        let wrapped = WrappedDataKey(keyID: sealing.keyID, keyVersion: sealing.keyVersion, bytes: sealing.wrappedKey)
        let secret: SecretBytes
        do throws(KeyBackendError) {
            secret = try await keys.backend.unwrap(wrapped, for: UnwrapRequest(context: keys.context(caller)))
        } catch {
            throw StoreError(error, bucket: name, key: identity.key)
        }
        do throws(SealError) {
            let dataKey = try DataKey(secret)
            let binding = try ObjectBinding.wrap(dataKey, sealing, identity)
            let descriptor = try ObjectBinding.descriptor(
                dataKey, sealing, objectUID: identity.objectUID, sizeBytes: opened.row.sizeBytes,
                etag: opened.attributes.etag)
            guard ConstantTime.areEqual(binding, sealing.wrapBinding),
                ConstantTime.areEqual(descriptor, sealing.descriptorMAC)
            else {
                throw SealError(
                    .commitmentMismatch,
                    "The object's wrapped key was made for another object, or its descriptor was altered.")
            }
            return dataKey
        } catch {
            throw StoreError(error, bucket: name, key: identity.key)
        }
    }

    /// Suites come from this list, never from the object's bytes alone.
    private static func suite(
        _ sealing: ObjectRow.WrappedSealing, _ place: ObjectPlace
    ) throws(StoreError) -> SealedStreamSuite {
        guard let suite = SealedStreamSuite(rawValue: sealing.suite) else {
            throw StoreError(
                .unsupportedFormat,
                "The object's cipher suite \(sealing.suite) is unknown; a newer version may have written it.",
                bucket: place.bucket, key: place.key)
        }
        return suite
    }

    private static func clamp(
        _ range: Range<UInt64>?, toSize size: UInt64, _ key: ObjectKey, _ name: BucketName
    ) throws(StoreError) -> Range<UInt64> {
        guard let range else { return 0..<size }
        guard range.lowerBound < size, !range.isEmpty else {
            throw StoreError(
                .invalidRange, "The range \(range) does not overlap the object's \(size) bytes.", bucket: name, key: key
            )
        }
        return range.clamped(to: 0..<size)
    }
}

/// Which object a failure is about.
struct ObjectPlace: Sendable {
    var bucket: BucketName
    var key: ObjectKey
}
