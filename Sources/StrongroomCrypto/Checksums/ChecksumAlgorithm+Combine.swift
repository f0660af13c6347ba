internal import StrongroomSystem

extension ChecksumAlgorithm {
    /// The checksum of an object from those of its parts, in their order: what hashing all of its bytes
    /// would give. That of no parts is that of no bytes.
    ///
    /// Traps where the algorithm is not combinable, or a digest is not of its size.
    package func fullObjectDigest(ofParts parts: [(digest: [UInt8], lengthBytes: UInt64)]) -> [UInt8] {
        let nothing = [UInt8](repeating: 0, count: digestSizeBytes)
        return parts.reduce(nothing) { whole, part in
            combine(whole, part.digest, secondLengthBytes: part.lengthBytes)
        }
    }

    /// The checksum of two pieces one after the other, from the checksums of both.
    ///
    /// Traps where the algorithm is not combinable, or a digest is not of its size.
    package func combine(_ first: [UInt8], _ second: [UInt8], secondLengthBytes: UInt64) -> [UInt8] {
        let (first, second) = (word(first), word(second))
        let (narrow, secondNarrow) = (UInt32(truncatingIfNeeded: first), UInt32(truncatingIfNeeded: second))
        switch self {
        case .crc32:
            return bigEndian(UInt64(CRC32.combine(narrow, secondNarrow, secondLengthBytes: secondLengthBytes)))
        case .crc32c:
            return bigEndian(UInt64(CRC32C.combine(narrow, secondNarrow, secondLengthBytes: secondLengthBytes)))
        case .crc64NVME:
            return bigEndian(CRC64NVME.combine(first, second, secondLengthBytes: secondLengthBytes))
        case .sha1, .sha256:
            preconditionFailure("\(name) of a whole does not follow from that of its parts")
        }
    }

    private func word(_ digest: [UInt8]) -> UInt64 {
        precondition(digest.count == digestSizeBytes, "\(digest.count) bytes are no \(name)")
        return digest.reduce(0) { $0 << 8 | UInt64($1) }
    }
}
