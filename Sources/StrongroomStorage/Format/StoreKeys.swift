/// The store's own rows in the index, all under the first byte 0x00. Integers in keys are big-endian.
///
///     00 01                            checkpoint state (`CheckpointState`)
///     00 02 ‖ segment id u64           live payload of a segment: bytes u64, rows u64
///     00 03 ‖ epoch u64 ‖ blob id (16) the key of the row that owns the blob
///     00 04                            how far the sums are (`RowSumState`)
///     00 05 ‖ name                     a sum over the engine's rows: four amounts, i64 each (`RowSumDefinition`)
///     00 06                            the root of the catalog (`CatalogRoot`)
///
/// Part of the on-disk format: must not change without a new format version.
enum StoreKeys {
    static let segmentPrefix: [UInt8] = [0x00, 0x02]
    static let segmentEnd: [UInt8] = [0x00, 0x03]
    static let blobPrefix: [UInt8] = [0x00, 0x03]
    static let blobEnd: [UInt8] = [0x00, 0x04]
    static let sumPrefix: [UInt8] = [0x00, 0x05]
    static let sumEnd: [UInt8] = [0x00, 0x06]

    static func segment(_ id: UInt64) -> [UInt8] {
        var key = segmentPrefix
        key.appendBigEndian(id)
        return key
    }

    /// Nil when `key` is none of `segment(_:)`.
    static func segmentID(_ key: [UInt8]) -> UInt64? {
        guard key.count == 10, key.starts(with: segmentPrefix) else { return nil }
        return key[2...].reduce(0) { $0 << 8 | UInt64($1) }
    }

    static func sum(_ name: [UInt8]) -> [UInt8] { sumPrefix + name }

    static func blob(_ name: BlobName) -> [UInt8] {
        var key = blobPrefix
        key.appendBigEndian(name.epoch)
        key.append(contentsOf: name.id)
        return key
    }

    /// Nil when `key` is none of `blob(_:)`.
    static func blobName(_ key: [UInt8]) -> BlobName? {
        guard key.count == 10 + BlobReference.idSizeBytes, key.starts(with: blobPrefix) else { return nil }
        return BlobName(epoch: key[2..<10].reduce(0) { $0 << 8 | UInt64($1) }, id: Array(key[10...]))
    }
}

extension [UInt8] {
    mutating func appendBigEndian(_ value: UInt64) {
        for shift in stride(from: 56, through: 0, by: -8) { append(UInt8(truncatingIfNeeded: value >> UInt64(shift))) }
    }
}

/// How much of a segment rows of the index still refer to. Exact: it changes in the transaction that
/// changes the rows.
struct SegmentUsage: Equatable, Sendable {
    var liveBytes: UInt64 = 0
    var liveRows: UInt64 = 0

    func encoded() -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.appendLittleEndian(liveBytes)
        bytes.appendLittleEndian(liveRows)
        return bytes
    }

    init() {}

    /// Nil when `bytes` are damaged.
    init?(decoding bytes: [UInt8]) {
        var reader = ByteReader(bytes)
        guard let liveBytes = reader.integer(UInt64.self), let liveRows = reader.integer(UInt64.self),
            reader.remaining == 0
        else { return nil }
        self.liveBytes = liveBytes
        self.liveRows = liveRows
    }
}
