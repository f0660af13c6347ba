internal import COpenSSL

/// scrypt (RFC 7914): a key from a passphrase, at a price for whoever guesses.
package struct Scrypt: Sendable, Equatable {
    /// Cost parameter N is two to this power.
    package let costExponent: Int
    /// Block size r.
    package let blockSize: Int
    /// Parallelization p.
    package let parallelization: Int

    package static let costExponentRange = 10...20
    package static let blockSizeRange = 1...32
    package static let parallelizationRange = 1...16
    /// Bound of 128·N·r: parameters come from a file that somebody may have edited.
    package static let memoryMaximumBytes = 1 << 30

    /// 128 MiB and a few tenths of a second.
    package static let recommended = Scrypt(unchecked: 17, 8, 1)

    /// Refuses what is too weak to protect a key, and what would exhaust memory or time.
    package init(costExponent: Int, blockSize: Int, parallelization: Int) throws(SealError) {
        guard Self.costExponentRange.contains(costExponent), Self.blockSizeRange.contains(blockSize),
            Self.parallelizationRange.contains(parallelization),
            128 * blockSize << costExponent <= Self.memoryMaximumBytes
        else {
            throw SealError(
                .limitExceeded,
                "scrypt parameters N=2^\(costExponent), r=\(blockSize), p=\(parallelization) are out of bounds "
                    + "(N 2^\(Self.costExponentRange), r \(Self.blockSizeRange), p \(Self.parallelizationRange), "
                    + "\(Self.memoryMaximumBytes) bytes of memory). Restore the key file from a backup.")
        }
        self.init(unchecked: costExponent, blockSize, parallelization)
    }

    private init(unchecked costExponent: Int, _ blockSize: Int, _ parallelization: Int) {
        self.costExponent = costExponent
        self.blockSize = blockSize
        self.parallelization = parallelization
    }

    /// Derives `count` bytes. Takes long by design: never call it on the cooperative pool.
    package func derive(
        from passphrase: borrowing SecretBytes, salt: [UInt8], count: Int
    ) throws(SealError) -> SecretBytes {
        return try SecretBytes(count: count) { (key: inout MutableRawSpan) throws(SealError) in
            let status = try passphrase.withBytes { (passphrase) throws(SealError) in
                unsafe key.withUnsafeMutableBytes { key in
                    unsafe passphrase.withUnsafeBytes { passphrase in
                        // Safe: every buffer outlives the call and has the size named. The library's
                        // own bound is a little more than the block array needs.
                        unsafe EVP_PBE_scrypt(
                            passphrase.assumingMemoryBound(to: CChar.self).baseAddress, passphrase.count,
                            salt, salt.count, 1 << UInt64(costExponent), UInt64(blockSize), UInt64(parallelization),
                            UInt64(2 * Self.memoryMaximumBytes),
                            key.assumingMemoryBound(to: UInt8.self).baseAddress, key.count)
                    }
                }
            }
            guard status == 1 else { throw .cryptoFailure("deriving a key by scrypt") }
        }
    }
}
