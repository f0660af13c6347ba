/// Base64 (RFC 4648, section 4, with padding) of what must not leave locked memory, without tables and branches that
/// depend on the digits: neither cache nor time tells them.
package enum SecretBase64 {
    /// How many digits so many bytes have, padding included.
    package static func encodedCount(_ byteCount: Int) -> Int { (byteCount + 2) / 3 * 4 }

    /// The text of `bytes`, as long as `encodedCount` says.
    package static func encode(_ bytes: borrowing SecretBytes) throws(SecretMemoryError) -> SecretBytes {
        try bytes.withBytes { (bytes) throws(SecretMemoryError) -> SecretBytes in
            try SecretBytes(count: encodedCount(bytes.byteCount)) { (text: inout MutableRawSpan) in
                encode(bytes, into: &text)
            }
        }
    }

    private static func encode(_ bytes: RawSpan, into text: inout MutableRawSpan) {
        for group in 0..<text.byteCount / 4 {
            var bits: UInt32 = 0
            for position in 3 * group..<3 * group + 3 {
                // Safe: a UInt8 is raw bytes, and the position is in bounds.
                let byte =
                    position < bytes.byteCount
                    ? unsafe bytes.unsafeLoad(fromByteOffset: position, as: UInt8.self) : 0
                bits = bits << 8 | UInt32(byte)
            }
            for index in 0..<4 {
                // Where bytes end is no secret.
                let isPadding = 3 * group + index > bytes.byteCount
                let digit = isPadding ? UInt8(ascii: "=") : digit(Int32(bits >> (18 - 6 * UInt32(index)) & 63))
                text.storeBytes(of: digit, toByteOffset: 4 * group + index, as: UInt8.self)
            }
        }
    }

    /// The digit of 0 to 63.
    private static func digit(_ value: Int32) -> UInt8 {
        /// All bits set where the value is at least `bound`, else none.
        func mask(_ bound: Int32) -> Int32 { (bound - 1 - value) >> 31 }
        var digit = value + 0x41
        digit += mask(26) & (0x61 - 0x41 - 26)
        digit += mask(52) & (0x30 - 0x61 - 26)
        digit += mask(62) & (0x2B - 0x30 - 10)
        digit += mask(63) & (0x2F - 0x2B - 1)
        return UInt8(truncatingIfNeeded: digit)
    }

    /// The bytes that a text stands for; nil where it is not the one text of `count` bytes.
    package static func decode(
        _ text: borrowing SecretBytes, count: Int
    ) throws(SecretMemoryError) -> SecretBytes? {
        guard text.count == encodedCount(count) else { return nil }
        var isSound = false
        let bytes = try text.withBytes { (digits) throws(SecretMemoryError) -> SecretBytes in
            try SecretBytes(count: count) { (room: inout MutableRawSpan) in
                isSound = decode(digits, into: &room)
            }
        }
        guard isSound else { return nil }
        return bytes
    }

    private static func decode(_ digits: RawSpan, into room: inout MutableRawSpan) -> Bool {
        // Grows by every digit that is none, and by bits behind the last byte that say something.
        var faults: UInt32 = 0
        var bits: UInt32 = 0
        var bitCount = 0
        var filled = 0
        for index in 0..<digits.byteCount {
            // Safe: a UInt8 is raw bytes, and the index is in bounds.
            let digit = unsafe digits.unsafeLoad(fromByteOffset: index, as: UInt8.self)
            guard filled < room.byteCount else {
                // All bytes are there: the rest of the last group is padding.
                faults |= UInt32(digit ^ UInt8(ascii: "="))
                continue
            }
            let value = value(digit)
            faults |= value >> 6
            bits = bits << 6 | value & 63
            bitCount += 6
            if bitCount >= 8 {
                bitCount -= 8
                room.storeBytes(of: UInt8(truncatingIfNeeded: bits >> bitCount), toByteOffset: filled, as: UInt8.self)
                filled += 1
            }
        }
        return faults == 0 && bits & ((1 << bitCount) - 1) == 0
    }

    /// 0 to 63, and more for what is no digit.
    private static func value(_ digit: UInt8) -> UInt32 {
        let digit = Int32(digit)
        /// All bits set where the digit is in the range, else none.
        func mask(_ first: UInt8, _ last: UInt8) -> Int32 {
            ((Int32(first) - 1 - digit) & (digit - Int32(last) - 1)) >> 31
        }
        var value = Int32(64)
        value += mask(0x41, 0x5A) & (digit - 0x41 - 64)
        value += mask(0x61, 0x7A) & (digit - 0x61 + 26 - 64)
        value += mask(0x30, 0x39) & (digit - 0x30 + 52 - 64)
        value += mask(0x2B, 0x2B) & (62 - 64)
        value += mask(0x2F, 0x2F) & (63 - 64)
        return UInt32(bitPattern: value)
    }
}
