internal import StrongroomSystem

/// One checksum of bytes that come in pieces.
package struct ChecksumHasher: ~Copyable {
    package let algorithm: ChecksumAlgorithm
    /// What a CRC has come to; 0 for a hash.
    private var register: UInt64 = 0
    /// Nil for a CRC.
    private var digest: Digest?

    /// Throws `cryptoFailure` where the library does not allow the algorithm.
    package init(_ algorithm: ChecksumAlgorithm) throws(SealError) {
        self.algorithm = algorithm
        switch algorithm {
        case .crc32, .crc32c, .crc64NVME: digest = nil
        case .sha1: digest = try Digest(.sha1)
        case .sha256: digest = try Digest(.sha256)
        }
    }

    package mutating func update(_ bytes: RawSpan) {
        let narrow = UInt32(truncatingIfNeeded: register)
        switch algorithm {
        case .crc32: register = UInt64(CRC32.checksum(bytes, continuing: narrow))
        case .crc32c: register = UInt64(CRC32C.checksum(bytes, continuing: narrow))
        case .crc64NVME: register = CRC64NVME.checksum(bytes, continuing: register)
        case .sha1, .sha256: digest?.update(bytes)
        }
    }

    /// The checksum of all bytes since the start, or since the last call of `finish`: a CRC with its
    /// highest byte first, as S3 writes it.
    package mutating func finish() -> [UInt8] {
        if let hash = digest?.finish() { return hash }
        defer { register = 0 }
        return algorithm.bigEndian(register)
    }

    /// The checksum of `bytes`.
    package static func checksum(
        _ algorithm: ChecksumAlgorithm, _ bytes: RawSpan
    ) throws(SealError) -> [UInt8] {
        var hasher = try ChecksumHasher(algorithm)
        hasher.update(bytes)
        return hasher.finish()
    }
}
