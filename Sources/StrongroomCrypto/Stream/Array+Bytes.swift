extension [UInt8] {
    mutating func append(bytesOf span: RawSpan) {
        unsafe span.withUnsafeBytes { bytes in
            // Safe: the bytes outlive the call.
            unsafe append(contentsOf: bytes)
        }
    }

    /// Lends the bytes from `start` on.
    mutating func withTail<R: ~Copyable, E: Error>(
        from start: Int, _ body: (inout MutableRawSpan) throws(E) -> R
    ) throws(E) -> R {
        var span = mutableSpan
        // Safe: any bit pattern is a UInt8.
        var bytes = unsafe span.mutableBytes
        var tail = bytes._mutatingExtracting(start..<bytes.byteCount)
        return try body(&tail)
    }

    /// Zeroes and removes the bytes from `start` on. What shares the array's storage keeps its bytes.
    package mutating func wipeTail(from start: Int) {
        withTail(from: start) { tail in tail.wipe() }
        removeLast(count - start)
    }
}
