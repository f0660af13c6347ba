internal import StrongroomCrypto
internal import StrongroomKeys
internal import StrongroomStorage
internal import StrongroomSystem

/// A row that was authenticated, and what its sealed attributes say.
struct OpenedRow: Sendable {
    var row: ObjectRow
    var attributes: ObjectAttributes
    var info: ObjectInfo
    /// Whether what follows from the plaintext may be told.
    private(set) var isRevealed: Bool

    var tags: ObjectTags { ObjectTags(checked: attributes.tags) }

    /// Tells what follows from the plaintext, to whoever has shown that the object's key opens it.
    mutating func reveal() {
        isRevealed = true
        info.checksums = attributes.checksums
    }
}

extension ObjectRow {
    var isUnderCustomerKey: Bool {
        if case .wrapped(let wrapped) = sealing { wrapped.mode == .customerKey } else { false }
    }

    var hidesChecksums: Bool { if case .wrapped(let wrapped) = sealing { wrapped.mode.hidesChecksums } else { false } }
}

extension Engine {
    func bucketKeys(_ bucket: KnownBucket) throws(StoreError) -> BucketKeys {
        try unlockedKeys().keys(ofBucket: bucket.row.uid)
    }

    func head(
        _ key: ObjectKey, _ version: VersionID?, in name: BucketName, if conditions: ReadConditions,
        as requester: Requester
    ) async throws(StoreError) -> ObjectInfo {
        let bucket = try bucket(name)
        let found = try await find(key, version, in: bucket, name)
        var opened = try opened(found.pinned.row.value, rowKey: found.rowKey, key, in: bucket, name)
        try await proveCustomerKey(&opened, ObjectPlace(bucket: name, key: key), in: bucket, as: requester)
        try conditions.check(opened.info, in: name)
        return opened.info
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
                etag: attributes.etag, checksums: row.hidesChecksums ? [] : attributes.checksums,
                contentType: attributes.contentType,
                headers: attributes.headers,
                metadata: attributes.metadata, tagCount: attributes.tags.count, storageClass: row.storageClass,
                versionID: row.publicVersionID, encryption: row.descriptor, lsn: row.lsn,
                retention: row.lock.retention?.retention, legalHold: row.lock.legalHold,
                partCount: row.parts?.count)
            return OpenedRow(row: row, attributes: attributes, info: info, isRevealed: !row.hidesChecksums)
        } catch let error as FieldReader.Malformed {
            throw StoreError(.damaged, "The object's row cannot be read: \(error.reason).", bucket: name, key: key)
        } catch let error as SealError {
            throw StoreError(error, bucket: name, key: key)
        } catch {
            throw StoreError(.damaged, "The object's row cannot be read: \(error).", bucket: name, key: key)
        }
    }

    func get(
        _ key: ObjectKey, _ version: VersionID?, in name: BucketName, _ selection: BodySelection = .whole,
        if conditions: ReadConditions, as requester: Requester
    ) async throws(StoreError) -> ObjectBody {
        try await getWithTags(key, version, in: name, selection, if: conditions, as: requester).body
    }

    func getWithTags(
        _ key: ObjectKey, _ version: VersionID?, in name: BucketName, _ selection: BodySelection = .whole,
        if conditions: ReadConditions, as requester: Requester
    ) async throws(StoreError) -> (body: ObjectBody, tags: ObjectTags, rowKey: [UInt8], value: [UInt8]) {
        let bucket = try bucket(name)
        var found = try await findPinningParts(key, version, in: bucket, name)
        let place = ObjectPlace(bucket: name, key: key)
        let dataKey = try await dataKey(&found.opened, place, in: bucket, as: requester) {
            (opened) throws(StoreError) in
            try conditions.check(opened.info, in: name)
        }
        let parts = try await parts(of: found, in: bucket, place)
        let (wanted, part) = try resolve(selection, in: found, parts, of: bucket, place)
        let content: any BodyContent
        if let parts, let pin = found.partPin {
            content = PartedContent(
                self, parts, of: found.opened.row, dataKey, try bucketKeys(bucket), place, pin: pin)
        } else {
            content = try await wholeContent(found, dataKey, in: bucket, place)
        }
        let body = ObjectBody(info: found.opened.info, range: wanted, part: part, content: content)
        return (body, found.opened.tags, found.rowKey, found.value)
    }

    /// The payload of an object in one piece.
    func wholeContent(
        _ found: OpenedVersion, _ dataKey: DataKey?, in bucket: KnownBucket, _ place: ObjectPlace
    ) async throws(StoreError) -> ObjectContent {
        let opened = found.opened
        let payload = try await payload(
            of: found.pinned, storedBytes: opened.row.storedBytes,
            BlobPrelude(
                objectUID: opened.row.objectUID, partUID: PayloadSealer.wholePartUID,
                suite: opened.row.sealing.suiteNumber), place)
        guard case .wrapped(let sealing) = opened.row.sealing, let dataKey else {
            let stream = ClearStream(try bucketKeys(bucket), objectUID: opened.row.objectUID)
            return try ObjectContent(
                clear: stream, payload, sizeBytes: opened.row.sizeBytes, storedBytes: opened.row.storedBytes,
                place: place)
        }
        try checkDescriptor(opened, sealing, dataKey, place)
        return try await ObjectContent(
            sealed: payload, try Self.suite(sealing, place), dataKey, objectUID: opened.row.objectUID,
            partUID: PayloadSealer.wholePartUID, sizeBytes: opened.row.sizeBytes,
            storedBytes: opened.row.storedBytes, place: place)
    }

    func identity(of opened: OpenedRow, _ key: ObjectKey, in bucket: KnownBucket) -> ObjectBinding.Identity {
        ObjectBinding.Identity(
            bucketUID: bucket.row.uid, key: key, versionID: opened.row.versionID, objectUID: opened.row.objectUID)
    }

    /// The payload's bytes, or its file opened, while the row is pinned.
    func payload(
        of pinned: any PinnedRow, storedBytes: UInt64, _ prelude: BlobPrelude, _ place: ObjectPlace
    ) async throws(StoreError) -> StoredPayload {
        do throws(StorageError) {
            guard case .blob(let reference) = pinned.row.payload else {
                let bytes = try await pinned.payloadBytes()
                guard UInt64(bytes.count) == storedBytes else {
                    throw StorageError(.corrupted, "The stored payload has \(bytes.count) bytes, not \(storedBytes).")
                }
                return .bytes(bytes)
            }
            guard reference.lengthBytes == storedBytes else {
                throw StorageError(
                    .corrupted, "The stored payload has \(reference.lengthBytes) bytes, not \(storedBytes).")
            }
            return .blob(try await blobs.open(reference, expecting: prelude))
        } catch {
            throw Self.payloadFault(error, place)
        }
    }

    /// A payload that is lost or cut off is damage of that object, not of the store.
    static func payloadFault(_ fault: StorageError, _ place: ObjectPlace) -> StoreError {
        var error = StoreError(fault, bucket: place.bucket, key: place.key)
        if fault.code == .notFound || fault.code == .corrupted { error.code = .damaged }
        return error
    }

    static let notItsOwn = SealError(
        .commitmentMismatch, "The object's wrapped key was made for another object, or its descriptor was altered.")

    private func checkDescriptor(
        _ opened: OpenedRow, _ sealing: ObjectRow.WrappedSealing, _ dataKey: DataKey, _ place: ObjectPlace
    ) throws(StoreError) {
        do throws(SealError) {
            let descriptor = try ObjectBinding.descriptor(
                dataKey, sealing, objectUID: opened.row.objectUID, sizeBytes: opened.row.sizeBytes,
                etag: opened.attributes.etag)
            guard ConstantTime.areEqual(descriptor, sealing.descriptorMAC) else { throw Self.notItsOwn }
        } catch {
            throw StoreError(error, bucket: place.bucket, key: place.key)
        }
    }

    /// Suites come from this list, never from the object's bytes alone.
    static func suite(
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
}

/// Which object a failure is about.
struct ObjectPlace: Sendable {
    /// Nil where the caller adds it.
    var bucket: BucketName?
    var key: ObjectKey
}
