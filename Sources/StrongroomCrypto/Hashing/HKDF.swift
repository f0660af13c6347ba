/// HKDF (RFC 5869): keys from a key, one for each purpose that `info` names.
package enum HKDF<Hash: SecretHash> {
    /// What RFC 5869 allows: 255 blocks.
    package static var countMaximum: Int { 255 * Hash.digestSizeBytes }

    /// Derives `count` bytes from a uniformly random key.
    package static func expand(
        _ key: borrowing SecretBytes, info: [UInt8], count: Int
    ) throws(SecretMemoryError) -> SecretBytes {
        try expand(HMAC<Hash>(key: key), info: info, count: count)
    }

    /// The same from a key whose states are at hand.
    package static func expand(
        _ key: borrowing HMAC<Hash>, info: [UInt8], count: Int
    ) throws(SecretMemoryError) -> SecretBytes {
        precondition((1...countMaximum).contains(count), "HKDF cannot derive \(count) bytes")
        return try SecretBytes(count: count) { (output) throws(SecretMemoryError) in
            try unsafe output.withUnsafeMutableBytes { (output) throws(SecretMemoryError) in
                // Safe: any bit pattern of a UInt8 is raw bytes.
                try unsafe info.span.bytes.withUnsafeBytes { (info) throws(SecretMemoryError) in
                    // Safe: both buffers outlive the call, which writes within the first.
                    try unsafe expand(key, info, into: output)
                }
            }
        }
    }

    /// Derives `count` bytes and lends them to `body`: for what is used at once and not kept.
    package static func withExpanded<R, E: SecretMemoryErrorConvertible>(
        _ key: borrowing HMAC<Hash>, info: [UInt8], count: Int, _ body: (RawSpan) throws(E) -> R
    ) throws(E) -> R {
        precondition((1...countMaximum).contains(count), "HKDF cannot derive \(count) bytes")
        return try unsafe withWipedScratch(byteCount: count) { (output) throws(E) -> R in
            do throws(SecretMemoryError) {
                // Safe: any bit pattern of a UInt8 is raw bytes.
                try unsafe info.span.bytes.withUnsafeBytes { (info) throws(SecretMemoryError) in
                    // Safe: both buffers outlive the call, which writes within the first.
                    try unsafe expand(key, info, into: output)
                }
            } catch {
                throw E(secretMemory: error)
            }
            // Safe: all of it was written, and it outlives the call.
            return try body(unsafe RawSpan(_unsafeBytes: UnsafeRawBufferPointer(output)))
        }
    }

    /// Concentrates key material that is not uniformly random into a key for `expand`.
    package static func extract(
        salt: RawSpan, from keyMaterial: borrowing SecretBytes
    ) throws(SecretMemoryError) -> SecretBytes {
        let salted = try HMAC<Hash>(key: salt)
        return try SecretBytes(count: Hash.digestSizeBytes) { (output) throws(SecretMemoryError) in
            try keyMaterial.withBytes { (keyMaterial) throws(SecretMemoryError) in
                try salted.authenticate(keyMaterial, into: &output)
            }
        }
    }

    private static func expand(
        _ key: borrowing HMAC<Hash>, _ info: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
    ) throws(SecretMemoryError) {
        let blockSizeBytes = Hash.digestSizeBytes
        try unsafe withWipedScratch(byteCount: blockSizeBytes + 1) { (scratch) throws(SecretMemoryError) in
            // Safe: the scratch has room for a block and the counter behind it.
            let counter = unsafe UnsafeRawBufferPointer(rebasing: scratch[blockSizeBytes...])
            var previous = unsafe UnsafeRawBufferPointer(start: scratch.baseAddress, count: 0)
            for offset in stride(from: 0, to: output.count, by: blockSizeBytes) {
                unsafe scratch[blockSizeBytes] += 1
                // Safe: blocks are made in the scratch, and only what fits goes to the output.
                try unsafe key.authenticate(previous, info, counter, into: scratch.baseAddress!)
                unsafe previous = UnsafeRawBufferPointer(rebasing: scratch[..<blockSizeBytes])
                let count = min(blockSizeBytes, output.count - offset)
                unsafe (output.baseAddress! + offset).copyMemory(from: scratch.baseAddress!, byteCount: count)
            }
        }
    }
}
