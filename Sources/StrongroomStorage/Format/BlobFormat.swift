/// The bytes of a blob file.
///
///          offset  size
///               0  4096  prelude
///            4096     n  payload
///        4096 + n    52  trailer
///               –     –  zeros to the next multiple of 4096, where the file ends
///
///     prelude: magic (8) | format u32 | suite u16 | zero u16 | object uid (16) | part uid (16)
///              | blob id (16) | epoch u64 | zeros | CRC-32C of all before it u32
///     trailer: magic (8) | payload length u64 | tree hash (32) | CRC-32C of all before it u32
///
/// Id and epoch repeat the file's own name: a file in another's place is seen. The whole is a multiple of
/// the block size, so that direct input and output never meets a partial block. Little-endian. Part of
/// the on-disk format: must not change without a new format version.
enum BlobFormat {
    static let blockSizeBytes = 4096
    static let trailerSizeBytes = 52
    static let treeHashSizeBytes = 32
    private static let version: UInt32 = 1
    private static let preludeMagic = Array("SRBLOB\r\n".utf8)
    private static let trailerMagic = Array("SRBLOBND".utf8)
    private static let uidSizeBytes = 16
    /// Far more than any disk has, and far from where sums of sizes and signed offsets end.
    private static let payloadMaximumBytes: UInt64 = 1 << 62

    /// What a prelude says.
    struct Prelude: Equatable {
        var content: BlobPrelude
        var id: [UInt8]
        var epoch: UInt64
    }

    struct Trailer: Equatable {
        var lengthBytes: UInt64
        var treeHash: [UInt8]
    }

    enum PreludeFault: Equatable {
        case damaged
        case unknownFormat(UInt32)
    }

    /// Nil for a length that no payload has: what says it is damaged.
    static func fileSizeBytes(payloadLengthBytes: UInt64) -> UInt64? {
        guard payloadLengthBytes <= payloadMaximumBytes else { return nil }
        let block = UInt64(blockSizeBytes)
        return (block + payloadLengthBytes + UInt64(trailerSizeBytes) + block - 1) / block * block
    }

    static func encode(_ prelude: Prelude) -> [UInt8] {
        precondition(prelude.content.objectUID.count == uidSizeBytes, "an object uid has 16 bytes")
        precondition(prelude.content.partUID.count == uidSizeBytes, "a part uid has 16 bytes")
        precondition(prelude.id.count == BlobReference.idSizeBytes, "a blob's id has 16 bytes")
        var bytes = preludeMagic
        bytes.reserveCapacity(blockSizeBytes)
        bytes.appendLittleEndian(version)
        bytes.appendLittleEndian(prelude.content.suite)
        bytes.appendLittleEndian(UInt16(0))
        bytes.append(contentsOf: prelude.content.objectUID)
        bytes.append(contentsOf: prelude.content.partUID)
        bytes.append(contentsOf: prelude.id)
        bytes.appendLittleEndian(prelude.epoch)
        bytes.append(contentsOf: repeatElement(0, count: blockSizeBytes - 4 - bytes.count))
        bytes.appendLittleEndian(bytes.checksum)
        assert(bytes.count == blockSizeBytes)
        return bytes
    }

    static func decodePrelude(_ bytes: [UInt8]) -> Result<Prelude, PreludeFault> {
        guard bytes.count == blockSizeBytes, bytes.starts(with: preludeMagic) else { return .failure(.damaged) }
        var reader = ByteReader(bytes)
        _ = reader.skip(preludeMagic.count)
        // The version is read before the checksum: another version may keep its checksum elsewhere.
        guard let format = reader.integer(UInt32.self) else { return .failure(.damaged) }
        guard format == version else { return .failure(.unknownFormat(format)) }
        let body = blockSizeBytes - 4
        var tail = ByteReader(bytes, in: body..<blockSizeBytes)
        guard tail.integer(UInt32.self) == bytes.checksum(ofFirst: body),
            let suite = reader.integer(UInt16.self), reader.integer(UInt16.self) == 0,
            let objectUID = reader.bytes(uidSizeBytes), let partUID = reader.bytes(uidSizeBytes),
            let id = reader.bytes(BlobReference.idSizeBytes), let epoch = reader.integer(UInt64.self),
            bytes[reader.position..<body].allSatisfy({ $0 == 0 })
        else { return .failure(.damaged) }
        let content = BlobPrelude(objectUID: objectUID, partUID: partUID, suite: suite)
        return .success(Prelude(content: content, id: id, epoch: epoch))
    }

    static func encode(_ trailer: Trailer) -> [UInt8] {
        precondition(trailer.treeHash.count == treeHashSizeBytes, "a tree hash has 32 bytes")
        var bytes = trailerMagic
        bytes.appendLittleEndian(trailer.lengthBytes)
        bytes.append(contentsOf: trailer.treeHash)
        bytes.appendLittleEndian(bytes.checksum)
        assert(bytes.count == trailerSizeBytes)
        return bytes
    }

    static func decodeTrailer(_ bytes: [UInt8]) -> Trailer? {
        guard bytes.count == trailerSizeBytes, bytes.starts(with: trailerMagic) else { return nil }
        let body = trailerSizeBytes - 4
        var tail = ByteReader(bytes, in: body..<trailerSizeBytes)
        var reader = ByteReader(bytes, in: trailerMagic.count..<body)
        guard tail.integer(UInt32.self) == bytes.checksum(ofFirst: body),
            let lengthBytes = reader.integer(UInt64.self), let treeHash = reader.bytes(treeHashSizeBytes)
        else { return nil }
        return Trailer(lengthBytes: lengthBytes, treeHash: treeHash)
    }
}

extension BlobFormat.PreludeFault: Error {}
