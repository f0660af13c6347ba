extension RawSpan {
    /// The integer stored at `offset`, which must lie within the span with all its bytes.
    func littleEndian<Value: FixedWidthInteger & BitwiseCopyable>(at offset: Int, as type: Value.Type) -> Value {
        // Safe: the load checks its bounds, and any bit pattern is an integer.
        unsafe Value(littleEndian: unsafeLoadUnaligned(fromByteOffset: offset, as: type))
    }
}

extension Array<UInt8> {
    /// Overwrites the bytes at `offset`, which must exist.
    mutating func store<Value: FixedWidthInteger>(littleEndian value: Value, at offset: Int) {
        for index in 0..<MemoryLayout<Value>.size {
            self[offset + index] = UInt8(truncatingIfNeeded: value >> Value(index * 8))
        }
    }

    /// Lends the bytes to a function that only reads them.
    func withRaw<Value, Failure: Error>(_ body: (RawSpan) throws(Failure) -> Value) throws(Failure) -> Value {
        // Safe: a UInt8 has no padding that could be read uninitialised.
        try unsafe body(span.bytes)
    }
}

extension UInt64 {
    /// The next multiple of the journal's block size, itself if it is one.
    var roundedUpToBlock: UInt64 {
        (self + JournalConfiguration.blockBytes - 1) / JournalConfiguration.blockBytes * JournalConfiguration.blockBytes
    }
}
