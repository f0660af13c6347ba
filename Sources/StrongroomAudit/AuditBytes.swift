extension [UInt8] {
    /// Lends the bytes to a function that only reads them.
    func withRaw<Value, Failure: Error>(_ body: (RawSpan) throws(Failure) -> Value) throws(Failure) -> Value {
        // Safe: a UInt8 has no padding that could be read uninitialised.
        try unsafe body(span.bytes)
    }

    /// The integer whose bytes, lowest first, stand at `offset`; all of them must be there.
    func littleEndian<Value: FixedWidthInteger & BitwiseCopyable>(at offset: Int, as type: Value.Type) -> Value {
        withRaw { bytes in
            // Safe: the load checks its bounds, and any bit pattern is an integer.
            unsafe Value(littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: type))
        }
    }

    /// Overwrites the bytes at `offset`, which must exist.
    mutating func store<Value: FixedWidthInteger>(littleEndian value: Value, at offset: Int) {
        for index in 0..<MemoryLayout<Value>.size {
            self[offset + index] = UInt8(truncatingIfNeeded: value >> Value(index * 8))
        }
    }

    mutating func append<Value: FixedWidthInteger>(littleEndian value: Value) {
        for index in 0..<MemoryLayout<Value>.size { append(UInt8(truncatingIfNeeded: value >> Value(index * 8))) }
    }
}
