internal import StrongroomCrypto

/// A checksum as attribute blocks keep it; `ObjectAttributes` has the byte map.
extension ObjectChecksum {
    /// By which the checksums of a block are ordered.
    var number: UInt8 { algorithm.algorithm.rawValue }

    var encoded: [UInt8] {
        guard let count = compositePartCount else { return [number, ChecksumType.fullObject.rawValue] + digest }
        let bytes = [UInt8(truncatingIfNeeded: count), UInt8(truncatingIfNeeded: count >> 8)]
        return [number, ChecksumType.composite.rawValue] + bytes + digest
    }

    /// Nil where the bytes do not begin with one; then it is open how many were taken.
    init?(takingFrom bytes: inout ArraySlice<UInt8>) {
        guard let number = bytes.popFirst(), let algorithm = ChecksumAlgorithm(rawValue: number),
            let type = bytes.popFirst().flatMap(ChecksumType.init(rawValue:))
        else { return nil }
        var partCount: Int?
        if type == .composite {
            guard let low = bytes.popFirst(), let high = bytes.popFirst() else { return nil }
            let count = Int(low) | Int(high) << 8
            guard algorithm.allows(.composite, multipart: true), MultipartLimits.numbers.contains(count) else {
                return nil
            }
            partCount = count
        }
        guard bytes.count >= algorithm.digestSizeBytes else { return nil }
        self.init(algorithm, Array(bytes.prefix(algorithm.digestSizeBytes)), compositePartCount: partCount)
        bytes = bytes.dropFirst(algorithm.digestSizeBytes)
    }
}
