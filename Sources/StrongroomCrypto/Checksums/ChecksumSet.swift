/// Several checksums of one stream, and its MD5 where an ETag needs one, in one pass over the bytes.
package struct ChecksumSet: ~Copyable {
    /// What the bytes came to.
    package struct Digests: Sendable, Equatable {
        /// For ETags only: MD5 withstands no malice.
        package let md5: [UInt8]?
        /// In order of the algorithms' numbers.
        package let checksums: [Checksum]
    }

    package struct Checksum: Sendable, Equatable {
        package let algorithm: ChecksumAlgorithm
        package let digest: [UInt8]
    }

    /// Every function reads a block before the first of them reads the next, from the first-level cache.
    private static let blockSizeBytes = 16 << 10

    private var md5: Digest?
    private var hashers: [5 of ChecksumHasher?]

    /// Throws `cryptoFailure` where the library does not allow one of the algorithms.
    package init(_ algorithms: some Sequence<ChecksumAlgorithm>, md5: Bool) throws(SealError) {
        hashers = [5 of ChecksumHasher?] { _ in nil }
        self.md5 = md5 ? try Digest(.md5) : nil
        for algorithm in algorithms where hashers[algorithm.index] == nil {
            hashers[algorithm.index] = try ChecksumHasher(algorithm)
        }
    }

    package mutating func update(_ bytes: RawSpan) {
        for start in stride(from: 0, to: bytes.byteCount, by: Self.blockSizeBytes) {
            let block = bytes.extracting(start..<min(start + Self.blockSizeBytes, bytes.byteCount))
            md5?.update(block)
            for index in hashers.indices { hashers[index]?.update(block) }
        }
    }

    /// The digests of all bytes since the start, or since the last call of `finish`.
    package mutating func finish() -> Digests {
        var checksums: [Checksum] = []
        for index in hashers.indices {
            guard let algorithm = hashers[index]?.algorithm, let digest = hashers[index]?.finish() else { continue }
            checksums.append(Checksum(algorithm: algorithm, digest: digest))
        }
        return Digests(md5: md5?.finish(), checksums: checksums)
    }
}

extension ChecksumAlgorithm {
    /// Its place among all, in order of their numbers.
    fileprivate var index: Int { Int(rawValue) - 1 }
}
