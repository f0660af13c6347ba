/// Several checksums of one stream, and its MD5 where an ETag needs one, in one pass over the bytes.
package struct ChecksumSet: ~Copyable {
    /// What the bytes came to.
    package struct Digests: Sendable, Equatable {
        /// For ETags only: MD5 withstands no malice.
        package let md5: [UInt8]?
        package let checksums: [ChecksumAlgorithm: [UInt8]]
    }

    /// Every function reads a block before the first of them reads the next, from the first-level cache.
    private static let blockSizeBytes = 16 << 10

    private var md5: Digest?
    private var hashers: [5 of ChecksumHasher?]

    /// Throws `cryptoFailure` where the library does not allow one of the algorithms.
    package init(_ algorithms: Set<ChecksumAlgorithm>, md5: Bool) throws(SealError) {
        let all = ChecksumAlgorithm.allCases
        let digest = md5 ? try Digest(.md5) : nil
        hashers = try [5 of ChecksumHasher?] { (index) throws(SealError) in
            algorithms.contains(all[index]) ? try ChecksumHasher(all[index]) : nil
        }
        self.md5 = digest
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
        var checksums: [ChecksumAlgorithm: [UInt8]] = [:]
        for index in hashers.indices {
            checksums[ChecksumAlgorithm.allCases[index]] = hashers[index]?.finish()
        }
        return Digests(md5: md5?.finish(), checksums: checksums)
    }
}
