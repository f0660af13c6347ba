internal import StrongroomCrypto
internal import StrongroomStorage
internal import StrongroomSystem

/// Where an object's stored bytes are.
enum StoredPayload: Sendable {
    case bytes([UInt8])
    case blob(any BlobReader)
}

/// An object's payload and what it takes to open it. Shared by all who go through the body.
final class ObjectContent: Sendable {
    enum Sealing: Sendable {
        case clear(ClearStream)
        case sealed(SealedStreamSuite, DataKey, context: [UInt8], header: [UInt8])
    }

    let sealing: Sealing
    let sizeBytes: UInt64
    let place: ObjectPlace
    private let payload: StoredPayload

    /// Bytes before the first chunk.
    var headerBytes: UInt64 { if case .sealed(_, _, _, let header) = sealing { UInt64(header.count) } else { 0 } }

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

    /// Reads the stream's header. Its commitment is checked by whoever opens the first chunk.
    init(
        sealed payload: StoredPayload, _ suite: SealedStreamSuite, _ dataKey: DataKey, objectUID: [UInt8],
        partUID: [UInt8], sizeBytes: UInt64, storedBytes: UInt64, place: ObjectPlace
    ) async throws(StoreError) {
        let context = CanonicalFields.streamContext(
            objectUID: objectUID, partUID: partUID, layer: PayloadSealer.layers)
        let header = try await Self.read(payload, at: 0, count: SealedStreamGeometry.headerSizeBytes, place)
        sealing = .sealed(suite, dataKey, context: context, header: header)
        self.payload = payload
        self.sizeBytes = sizeBytes
        self.place = place
        try checkSizes(storedBytes, SealedStreamGeometry(suite).sealedSizeBytes(plaintextSizeBytes: sizeBytes))
    }

    /// Of a sealed stream: what it says of itself until its first chunk is opened.
    var commitment: [UInt8] {
        if case .sealed(_, _, _, let header) = sealing {
            Array(header.dropFirst(SealedStreamGeometry.saltSizeBytes))
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
        do throws(StorageError) {
            switch payload {
            case .blob(let reader):
                return try await reader.read(at: offset, count: count)
            case .bytes(let bytes):
                guard offset + UInt64(count) <= UInt64(bytes.count) else {
                    throw StorageError(.corrupted, "The stored payload ends after \(bytes.count) bytes.")
                }
                return Array(bytes[Int(offset)..<Int(offset) + count])
            }
        } catch {
            throw Engine.payloadFault(error, place)
        }
    }

    func damaged(_ reason: String) -> StoreError {
        StoreError(
            .damaged, "The object's bytes are not what was written: \(reason)", bucket: place.bucket, key: place.key)
    }
}
