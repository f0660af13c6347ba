internal import StrongroomStorage
internal import StrongroomSystem

/// A body that is sealed and stored, and lacks only the commit of a row that names it.
struct StoredBody: Sendable {
    var partUID: [UInt8]
    var payload: PayloadSource
    var attachments: [[UInt8]]
    /// The file of a large body: to be left or aborted, whatever becomes of the commit.
    var blob: (any BlobWriter)?
    var sizeBytes: UInt64
    var storedBytes: UInt64
    var treeHash: [UInt8]?
    var digests: BodyDigests
}

extension Engine {
    /// Seals a body and stores it by its size: in the commit to come, or in a file of its own.
    func store<Body: AsyncSequence>(
        _ source: inout BodySource<Body>, through sealer: inout PayloadSealer, limitBytes: UInt64, _ place: ObjectPlace,
        partUID: [UInt8]
    ) async throws(StoreError) -> StoredBody where Body.Element == ArraySlice<UInt8> {
        let buffer = PlaintextBuffer(reservingBytes: 0)
        while let slice = try await source.next() {
            buffer.append(slice)
            guard buffer.bytes.count <= settings.smallObjectLimitBytes else {
                return try await storeLarge(
                    buffer.bytes, &source, through: &sealer, limitBytes: limitBytes, place, partUID: partUID)
            }
        }
        let digests = try source.finishDigests()
        let payload = try sealer.sealWhole(buffer.bytes)
        return StoredBody(
            partUID: partUID, payload: .attachment(0), attachments: [payload], blob: nil,
            sizeBytes: UInt64(buffer.bytes.count), storedBytes: UInt64(payload.count), treeHash: nil, digests: digests)
    }

    private func storeLarge<Body: AsyncSequence>(
        _ head: [UInt8], _ rest: inout BodySource<Body>, through sealer: inout PayloadSealer, limitBytes: UInt64,
        _ place: ObjectPlace, partUID: [UInt8]
    ) async throws(StoreError) -> StoredBody where Body.Element == ArraySlice<UInt8> {
        let writer = try await beginBlob(sealer, partUID: partUID, place)
        do throws(StoreError) {
            let finished = try await stream(head, &rest, through: &sealer, to: writer, limitBytes: limitBytes, place)
            return StoredBody(
                partUID: partUID, payload: .blob(finished.reference), attachments: [], blob: writer,
                sizeBytes: rest.readBytes, storedBytes: finished.reference.lengthBytes, treeHash: finished.treeHash,
                digests: try rest.finishDigests())
        } catch {
            await writer.abort()
            throw error
        }
    }

    func beginBlob(
        _ sealer: PayloadSealer, partUID: [UInt8], _ place: ObjectPlace
    ) async throws(StoreError) -> any BlobWriter {
        do throws(StorageError) {
            return try await blobs.create(
                BlobPrelude(objectUID: sealer.objectUID, partUID: partUID, suite: sealer.suiteNumber))
        } catch {
            throw StoreError(error, bucket: place.bucket, key: place.key)
        }
    }

    /// Seals a body into a file, a slice at a time.
    func stream<Body: AsyncSequence>(
        _ head: [UInt8], _ rest: inout BodySource<Body>, through sealer: inout PayloadSealer, to writer: any BlobWriter,
        limitBytes: UInt64, _ place: ObjectPlace
    ) async throws(StoreError) -> FinishedBlob where Body.Element == ArraySlice<UInt8> {
        var pending = sealer.begin()
        try sealer.append(head[...], to: &pending)
        while let slice = try await rest.next() {
            guard rest.readBytes <= limitBytes else {
                throw StoreError(
                    .entityTooLarge, "The body has more than the \(limitBytes) bytes allowed. Nothing was stored.",
                    bucket: place.bucket, key: place.key)
            }
            try sealer.append(slice, to: &pending)
            guard pending.count >= FileBody.sliceBytes else { continue }
            try await append(pending, to: writer, place)
            pending.removeAll(keepingCapacity: true)
        }
        try sealer.end(to: &pending)
        try await append(pending, to: writer, place)
        do throws(StorageError) {
            return try await writer.finish()
        } catch {
            throw StoreError(error, bucket: place.bucket, key: place.key)
        }
    }

    private func append(
        _ bytes: [UInt8], to writer: any BlobWriter, _ place: ObjectPlace
    ) async throws(StoreError) {
        do throws(StorageError) {
            try await writer.append(bytes)
        } catch {
            throw StoreError(error, bucket: place.bucket, key: place.key)
        }
    }
}
