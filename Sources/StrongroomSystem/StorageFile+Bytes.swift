extension StorageFile {
    /// Up to `count` bytes from `offset`; fewer only at the end of the file.
    package func readBytes(at offset: UInt64, count: Int) throws(StorageError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var span = bytes.mutableSpan
        // Safe: any bit pattern is a UInt8.
        var raw = unsafe span.mutableBytes
        let found = try read(into: &raw, at: offset)
        if found < count { bytes.removeLast(count - found) }
        return bytes
    }

    /// Files that cannot tell what is cached.
    package func readIfCached(into buffer: inout MutableRawSpan, at offset: UInt64) -> Bool { false }

    /// Files that have no page cache.
    package func bypassPageCache() -> Bool { false }

    /// Exactly `count` bytes from `offset`, or nil where that might block.
    package func cachedBytes(at offset: UInt64, count: Int) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: count)
        var span = bytes.mutableSpan
        // Safe: any bit pattern is a UInt8.
        var raw = unsafe span.mutableBytes
        return readIfCached(into: &raw, at: offset) ? bytes : nil
    }

    package func writeThrough(_ bytes: [UInt8], at offset: UInt64) throws(StorageError) {
        // Safe: a UInt8 has no padding that could be read uninitialised.
        try unsafe writeThrough(bytes.span.bytes, at: offset)
    }

    package func write(_ bytes: [UInt8], at offset: UInt64) throws(StorageError) {
        // Safe: a UInt8 has no padding that could be read uninitialised.
        try unsafe write(bytes.span.bytes, at: offset)
    }
}
