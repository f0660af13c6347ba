internal import StrongroomCrypto
internal import StrongroomStorage
internal import StrongroomSystem

/// Where an object's stored bytes are.
enum StoredPayload: Sendable {
    case bytes([UInt8])
    case blob(any BlobReader)
    /// What opens to them: the outer of two layers.
    case layer(ObjectContent)
}

/// An object's payload and what it takes to open it. Shared by all who go through the body.
final class ObjectContent: Sendable {
    enum Sealing: Sendable {
        case clear(ClearStream)
        case sealed(Layer)
    }

    /// What it takes to open a sealed stream.
    struct Layer: Sendable {
        let suite: SealedStreamSuite
        let key: DataKey
        let implementation: AEADImplementation
        let context: [UInt8]
        let header: [UInt8]
    }

    let sealing: Sealing
    let sizeBytes: UInt64
    let place: ObjectPlace
    private let payload: StoredPayload

    /// Bytes before the first chunk.
    var headerBytes: UInt64 { if case .sealed(let layer) = sealing { UInt64(layer.header.count) } else { 0 } }

    init(
        clear stream: ClearStream, _ payload: StoredPayload, sizeBytes: UInt64, storedBytes: UInt64, place: ObjectPlace
    )
        throws(StoreError)
    {
        sealing = .clear(stream)
        self.payload = payload
        self.sizeBytes = sizeBytes
        self.place = place
        try checkSizes(storedBytes, ClearStream.storedBytes(plaintextBytes: sizeBytes))
    }

    /// Opens a payload in one layer, or in two.
    convenience init(
        sealed payload: StoredPayload, _ suite: SealedStreamSuite, _ dataKey: DataKey, objectUID: [UInt8],
        partUID: [UInt8], sizeBytes: UInt64, storedBytes: UInt64, place: ObjectPlace
    ) async throws(StoreError) {
        func context(_ layer: UInt8) -> [UInt8] {
            CanonicalFields.streamContext(objectUID: objectUID, partUID: partUID, layer: layer)
        }
        var (payload, storedBytes) = (payload, storedBytes)
        if let outerKey = dataKey.outerLayer {
            let innerBytes = SealedStreamGeometry(suite).sealedSizeBytes(plaintextSizeBytes: sizeBytes)
            let outer = try await ObjectContent(
                layer: payload, suite, outerKey, .openSSL, context: context(2), sizeBytes: innerBytes,
                storedBytes: storedBytes, place: place)
            (payload, storedBytes) = (.layer(outer), innerBytes)
        }
        let implementation: AEADImplementation
        do throws(SealError) {
            implementation = try .ofInnerLayer(ofTwo: dataKey.outerLayer != nil)
        } catch {
            throw StoreError(error, bucket: place.bucket, key: place.key)
        }
        try await self.init(
            layer: payload, suite, dataKey, implementation, context: context(1), sizeBytes: sizeBytes,
            storedBytes: storedBytes, place: place)
    }

    /// Reads the stream's header. Its commitment is checked by whoever opens the first chunk.
    private init(
        layer payload: StoredPayload, _ suite: SealedStreamSuite, _ key: DataKey,
        _ implementation: AEADImplementation, context: [UInt8], sizeBytes: UInt64, storedBytes: UInt64,
        place: ObjectPlace
    ) async throws(StoreError) {
        let header = try await Self.read(payload, at: 0, count: SealedStreamGeometry.headerSizeBytes, place)
        sealing = .sealed(
            Layer(suite: suite, key: key, implementation: implementation, context: context, header: header))
        self.payload = payload
        self.sizeBytes = sizeBytes
        self.place = place
        try checkSizes(storedBytes, SealedStreamGeometry(suite).sealedSizeBytes(plaintextSizeBytes: sizeBytes))
    }

    /// Of a sealed stream: what it says of itself until its first chunk is opened.
    var commitment: [UInt8] {
        if case .sealed(let layer) = sealing {
            Array(layer.header.dropFirst(SealedStreamGeometry.saltSizeBytes))
        } else {
            []
        }
    }

    private func checkSizes(_ stored: UInt64, _ expected: UInt64) throws(StoreError) {
        guard stored == expected else {
            throw damaged("\(stored) bytes are stored where \(sizeBytes) bytes of plaintext take \(expected).")
        }
    }

    func read(at offset: UInt64, count: Int) async throws(StoreError) -> [UInt8] {
        try await Self.read(payload, at: offset, count: count, place)
    }

    private static func read(
        _ payload: StoredPayload, at offset: UInt64, count: Int, _ place: ObjectPlace
    ) async throws(StoreError) -> [UInt8] {
        if case .layer(let outer) = payload { return try await outer.open(at: offset, count: count) }
        do throws(StorageError) {
            switch payload {
            case .blob(let reader):
                return try await reader.read(at: offset, count: count)
            case .bytes(let bytes):
                guard offset + UInt64(count) <= UInt64(bytes.count) else {
                    throw StorageError(.corrupted, "The stored payload ends after \(bytes.count) bytes.")
                }
                return Array(bytes[Int(offset)..<Int(offset) + count])
            case .layer: preconditionFailure("an outer layer is opened, not read")
            }
        } catch {
            throw Engine.payloadFault(error, place)
        }
    }

    /// Bytes of this layer's plaintext, verified.
    private func open(at offset: UInt64, count: Int) async throws(StoreError) -> [UInt8] {
        let range = offset..<offset + UInt64(count)
        guard range.upperBound <= sizeBytes else { throw damaged("its outer layer ends after \(sizeBytes) bytes.") }
        let cursor = ContentCursor(self, range: range)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count)
        while let slice = try await cursor.next(isolation: nil) { bytes += slice }
        return bytes
    }

    func damaged(_ reason: String) -> StoreError {
        StoreError(
            .damaged, "The object's bytes are not what was written: \(reason)", bucket: place.bucket, key: place.key)
    }
}
