internal import StrongroomKeys

/// Whose parts rows are: an object's, or those of the upload that is to become it. Small, because a verification keeps
/// one for each object in parts.
struct PartsOwner: Hashable, Sendable {
    private let bucketUID: UInt128
    private let objectUID: UInt128

    /// Of a part's row, or of a note of parts to remove; nil for a key that is too short to be either.
    init?(rowKey: [UInt8]) {
        guard rowKey.count >= RowKey.prefixBytes + ObjectRow.uidBytes else { return nil }
        bucketUID = Self.bucketUID(rowKey)
        objectUID = Self.number(rowKey[RowKey.prefixBytes..<RowKey.prefixBytes + ObjectRow.uidBytes])
    }

    /// Nil for an object in one piece, and for a row that cannot be read. Proves nothing: the row's MAC does.
    init?(objectRow value: [UInt8], rowKey: [UInt8]) {
        guard let row = try? ObjectRow(decoding: value), row.parts != nil else { return nil }
        self.init(row, rowKey)
    }

    /// Nil for a row that cannot be read.
    init?(uploadRow value: [UInt8], rowKey: [UInt8]) {
        guard let row = try? UploadRow(decoding: value) else { return nil }
        self.init(row.object, rowKey)
    }

    private init?(_ row: ObjectRow, _ rowKey: [UInt8]) {
        guard rowKey.count > RowKey.prefixBytes else { return nil }
        bucketUID = Self.bucketUID(rowKey)
        objectUID = Self.number(row.objectUID[...])
    }

    /// For reports: neither has a name any more, if nobody owns the parts.
    var place: String { "object \(Self.hexadecimal(objectUID)) of bucket \(Self.hexadecimal(bucketUID))" }

    private static func bucketUID(_ rowKey: [UInt8]) -> UInt128 { number(rowKey[1..<RowKey.prefixBytes]) }

    private static func number(_ uid: ArraySlice<UInt8>) -> UInt128 { uid.reduce(0) { $0 << 8 | UInt128($1) } }

    private static func hexadecimal(_ number: UInt128) -> String {
        Hexadecimal.encode((0..<16).reversed().map { UInt8(truncatingIfNeeded: number >> (8 * $0)) })
    }
}
