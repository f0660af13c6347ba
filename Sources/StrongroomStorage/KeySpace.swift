/// Who owns which keys. The first byte decides:
///
///     0x00         the store's own rows in the index: checkpoint state, counters (never in a commit's reach)
///     0x01…0x7F    the engine
///     0x80…0xFE    reserved
///     0xFF         trash: blobs whose last row is gone, until their file is unlinked
///
/// Part of the on-disk format: these bytes must not change.
package enum KeySpace {
    package static let keyLengthMaximum = 2048
    static let engineLowerBound: [UInt8] = [0x01]
    static let engineUpperBound: [UInt8] = [0x80]
    static let trashLowerBound: [UInt8] = [0xFF]

    /// Whether the engine may use `key`.
    package static func isEngineKey(_ key: [UInt8]) -> Bool {
        guard let first = key.first, key.count <= keyLengthMaximum else { return false }
        return first >= 0x01 && first < 0x80
    }

    /// `0xFF ‖ epoch u64 big-endian ‖ blob id (16)`: sorted by age.
    static func trashKey(_ reference: BlobReference) -> [UInt8] {
        assert(reference.id.count == BlobReference.idSizeBytes)
        var key: [UInt8] = [0xFF]
        key.reserveCapacity(25)
        for shift in stride(from: 56, through: 0, by: -8) {
            key.append(UInt8(truncatingIfNeeded: reference.epoch >> shift))
        }
        key.append(contentsOf: reference.id)
        return key
    }
}

extension BlobReference {
    package static let idSizeBytes = 16
}
