/// Base32 (RFC 4648, section 6) of what must not leave locked memory, without tables and branches that depend on the
/// digits. For whole groups of five bytes alone: such texts have no padding, which authenticators do not take.
package enum SecretBase32 {
    /// How many digits so many bytes have.
    package static func encodedCount(_ byteCount: Int) -> Int { byteCount / 5 * 8 }

    /// The text of `bytes`, a multiple of five.
    package static func encode(_ bytes: borrowing SecretBytes) throws(SecretMemoryError) -> SecretBytes {
        precondition(bytes.count.isMultiple(of: 5), "base32 of \(bytes.count) bytes would have padding")
        return try bytes.withBytes { (bytes) throws(SecretMemoryError) -> SecretBytes in
            try SecretBytes(count: encodedCount(bytes.byteCount)) { (text: inout MutableRawSpan) in
                for index in 0..<text.byteCount {
                    text.storeBytes(of: digit(value(index, bytes)), toByteOffset: index, as: UInt8.self)
                }
            }
        }
    }

    /// Five bits of `bytes`.
    private static func value(_ index: Int, _ bytes: RawSpan) -> Int32 {
        let bit = 5 * index
        // Safe: a UInt8 is raw bytes, and the position is in bounds.
        let first = unsafe bytes.unsafeLoad(fromByteOffset: bit / 8, as: UInt8.self)
        let next = bit / 8 + 1
        // Safe: as above.
        let second = next < bytes.byteCount ? unsafe bytes.unsafeLoad(fromByteOffset: next, as: UInt8.self) : 0
        return Int32((UInt16(first) << 8 | UInt16(second)) >> (11 - UInt16(bit % 8)) & 31)
    }

    /// The digit of 0 to 31: A to Z, and 2 to 7.
    private static func digit(_ value: Int32) -> UInt8 {
        // All bits set where the digit is a number.
        let isNumber = (25 - value) >> 31
        return UInt8(truncatingIfNeeded: value + 0x41 + (isNumber & (0x32 - 0x41 - 26)))
    }
}
