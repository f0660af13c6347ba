/// Who owns which keys. The first byte decides:
///
///     0x00         the store's own rows in the index: checkpoint state, counters (never in a commit's reach)
///     0x01…0x7F    the engine
///     0x80…0xFE    reserved
///     0xFF         trash: blobs whose last row is gone, until their file is unlinked
///
/// Part of the on-disk format: these bytes must not change.
package enum KeySpace {
    package static let keyLengthMaximum = 2304
    /// Rows are far shorter; a longer one was put there by somebody, and the index would not take it.
    static let rowLengthMaximum = 15 << 20
    static let engineLowerBound: [UInt8] = [0x01]
    static let engineUpperBound: [UInt8] = [0x80]
    static let trashByte: UInt8 = 0xFF

    /// Whether the engine may use `key`.
    package static func isEngineKey(_ key: [UInt8]) -> Bool {
        guard let first = key.first, key.count <= keyLengthMaximum else { return false }
        return first >= 0x01 && first < 0x80
    }

    /// `0xFF ‖ epoch u64 big-endian ‖ blob id (16)`: sorted by age. The row's value is the payload's length u64.
    static func trashKey(_ name: BlobName) -> [UInt8] {
        assert(name.id.count == BlobReference.idSizeBytes)
        var key: [UInt8] = [trashByte]
        key.appendBigEndian(name.epoch)
        key.append(contentsOf: name.id)
        return key
    }

    /// Nil when `key` is none of `trashKey(_:)`.
    static func trashedName(_ key: [UInt8]) -> BlobName? {
        guard key.count == 9 + BlobReference.idSizeBytes, key[0] == trashByte else { return nil }
        return BlobName(epoch: key[1..<9].reduce(0) { $0 << 8 | UInt64($1) }, id: Array(key[9...]))
    }
}

extension BlobReference {
    package static let idSizeBytes = 16
}
