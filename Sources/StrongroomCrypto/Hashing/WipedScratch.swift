internal import COpenSSL

/// Lends `body` a zeroed piece of the stack for intermediate secrets, wiped before this returns. For
/// the length of one computation only: the stack is neither locked nor left out of core dumps.
func withWipedScratch<R, E: Error>(
    byteCount: Int, _ body: (UnsafeMutableRawBufferPointer) throws(E) -> R
) throws(E) -> R {
    try unsafe withUnsafeTemporaryAllocation(byteCount: byteCount, alignment: 16) { (scratch) throws(E) in
        // Safe: the buffer belongs to this call until it returns.
        unsafe scratch.initializeMemory(as: UInt8.self, repeating: 0)
        // Safe: as above.
        defer { unsafe OPENSSL_cleanse(scratch.baseAddress, scratch.count) }
        return try unsafe body(scratch)
    }
}
