/// The bytes of a row, in the memtable, in the index and in commit frames.
///
///      offset  size
///           0     1   home: 0 none, 1 inline, 2 segment, 3 blob, 4 attachment (in frames only)
///           1     –   what the home says, below
///           –     –   the inline payload, if that is the home
///           –     –   value: the rest
///
///     inline       length u32
///     segment      segment id u64, offset u64, length u32
///     blob         epoch u64, length u64, id (16)
///     attachment   index u32 among the frame's attachments
///
/// Part of the on-disk format: must not change without a new format version.
enum StoredRowCodec {
    enum Home: UInt8 {
        case none = 0
        case inline = 1
        case segment = 2
        case blob = 3
        case attachment = 4
    }

    static let segmentFieldSizeBytes = 21

    static func encode(value: [UInt8], payload: PayloadLocation) -> [UInt8] {
        var bytes: [UInt8] = []
        switch payload {
        case .none:
            bytes.reserveCapacity(1 + value.count)
            bytes.append(Home.none.rawValue)
        case .inline(let payload):
            bytes.reserveCapacity(5 + payload.count + value.count)
            bytes.append(Home.inline.rawValue)
            bytes.appendLittleEndian(UInt32(payload.count))
            bytes.append(contentsOf: payload)
        case .segment(let id, let offset, let lengthBytes):
            bytes.reserveCapacity(segmentFieldSizeBytes + value.count)
            bytes.append(Home.segment.rawValue)
            bytes.appendLittleEndian(id)
            bytes.appendLittleEndian(offset)
            bytes.appendLittleEndian(lengthBytes)
        case .blob(let reference):
            precondition(reference.id.count == BlobReference.idSizeBytes, "a blob's id has 16 bytes")
            bytes.reserveCapacity(33 + value.count)
            bytes.append(Home.blob.rawValue)
            bytes.appendLittleEndian(reference.epoch)
            bytes.appendLittleEndian(reference.lengthBytes)
            bytes.append(contentsOf: reference.id)
        }
        bytes.append(contentsOf: value)
        return bytes
    }

    /// A row whose payload is attachment `index` of the frame that carries it.
    static func encode(value: [UInt8], attachment index: Int) -> [UInt8] {
        var bytes: [UInt8] = [Home.attachment.rawValue]
        bytes.reserveCapacity(5 + value.count)
        bytes.appendLittleEndian(UInt32(index))
        bytes.append(contentsOf: value)
        return bytes
    }

    static func encode(_ row: StoredRow) -> [UInt8] { encode(value: row.value, payload: row.payload) }

    /// Nil when `bytes` are no row. An attachment is none here: the frame's reader resolves those.
    static func decode(_ bytes: [UInt8]) -> StoredRow? {
        guard let (payload, valueStart) = decodePayload(bytes) else { return nil }
        return StoredRow(value: Array(bytes[valueStart...]), payload: payload)
    }

    /// Where the value begins, without a look at anything else; nil when `bytes` are no row.
    static func valueStart(_ bytes: [UInt8]) -> Int? {
        var reader = ByteReader(bytes)
        guard let home = reader.integer(UInt8.self).flatMap(Home.init) else { return nil }
        let skipped: Range<Int>? =
            switch home {
            case .none: reader.skip(0)
            case .inline: reader.integer(UInt32.self).flatMap { reader.skip(Int($0)) }
            case .segment: reader.skip(segmentFieldSizeBytes - 1)
            case .blob: reader.skip(16 + BlobReference.idSizeBytes)
            case .attachment: nil
            }
        return skipped?.upperBound
    }

    /// The payload's place alone, without copying the value.
    static func decodePayload(_ bytes: [UInt8]) -> (payload: PayloadLocation, valueStart: Int)? {
        var reader = ByteReader(bytes)
        guard let home = reader.integer(UInt8.self).flatMap(Home.init) else { return nil }
        let payload: PayloadLocation
        switch home {
        case .none: payload = .none
        case .inline:
            guard let count = reader.integer(UInt32.self), let inline = reader.bytes(Int(count)) else { return nil }
            payload = .inline(inline)
        case .segment:
            guard let id = reader.integer(UInt64.self), let offset = reader.integer(UInt64.self),
                let lengthBytes = reader.integer(UInt32.self)
            else { return nil }
            payload = .segment(id: id, offset: offset, lengthBytes: lengthBytes)
        case .blob:
            guard let epoch = reader.integer(UInt64.self), let lengthBytes = reader.integer(UInt64.self),
                let id = reader.bytes(BlobReference.idSizeBytes)
            else { return nil }
            payload = .blob(BlobReference(epoch: epoch, id: id, lengthBytes: lengthBytes))
        case .attachment: return nil
        }
        return (payload, reader.position)
    }

    /// The attachment that `bytes` name and their value's start; nil when their home is another or they are damaged.
    static func decodeAttachment(_ bytes: [UInt8]) -> (index: Int, valueStart: Int)? {
        var reader = ByteReader(bytes)
        guard reader.integer(UInt8.self) == Home.attachment.rawValue, let index = reader.integer(UInt32.self)
        else { return nil }
        return (Int(index), reader.position)
    }
}
