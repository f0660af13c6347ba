#if RemoteKMS
internal import StrongroomCrypto
internal import StrongroomKeys

/// Base64 with padding (RFC 4648, section 4) of a secret. Which digits come decides neither a branch nor an address;
/// only how many there are does.
enum SecretBase64 {
    /// Decodes a JSON string, quotes included, whose only escape may be `\/`.
    static func decode(_ string: RawSpan) throws(SecretAnswer.Malformed) -> SecretBytes {
        guard string.byteCount >= 2, string.byte(at: 0) == UInt8(ascii: "\"") else {
            throw SecretAnswer.Malformed(reason: "the key is no string")
        }
        let digits = try SecretBytes(count: string.byteCount) {
            (room: inout MutableRawSpan) throws(SecretAnswer.Malformed) in
            // The digits, and behind them, in the last byte, nothing: their number follows from the padding below.
            var count = 0
            for offset in 1..<string.byteCount - 1 {
                let byte = string.byte(at: offset)
                if byte == UInt8(ascii: "\\"), string.byte(at: offset + 1) == UInt8(ascii: "/") { continue }
                room.storeBytes(of: byte, toByteOffset: count, as: UInt8.self)
                count += 1
            }
        }
        return try digits.withBytes { (digits) throws(SecretAnswer.Malformed) in
            var count = digits.byteCount
            while count > 0, digits.byte(at: count - 1) == 0 { count -= 1 }
            return try decodeDigits(digits.extracting(0..<count))
        }
    }

    private static func decodeDigits(_ digits: RawSpan) throws(SecretAnswer.Malformed) -> SecretBytes {
        let malformed = SecretAnswer.Malformed(reason: "the key is not in base64")
        guard digits.byteCount > 0, digits.byteCount.isMultiple(of: 4) else { throw malformed }
        var paddingCount = 0
        while paddingCount < 2, digits.byte(at: digits.byteCount - 1 - paddingCount) == UInt8(ascii: "=") {
            paddingCount += 1
        }
        let count = digits.byteCount / 4 * 3 - paddingCount
        // What stands in the bits that say nothing, and whether every digit was one.
        var isValid = true
        let secret = try SecretBytes(count: count) {
            (room: inout MutableRawSpan) throws(SecretAnswer.Malformed) in
            var faults = 0
            for group in 0..<digits.byteCount / 4 {
                let isLast = (group + 1) * 4 == digits.byteCount
                let padding = isLast ? paddingCount : 0
                var bits = 0
                for place in 0..<4 - padding {
                    let (value, mask) = value(of: digits.byte(at: group * 4 + place))
                    faults |= ~mask
                    bits |= value << (18 - 6 * place)
                }
                for place in 0..<3 - padding {
                    room.storeBytes(
                        of: UInt8(truncatingIfNeeded: bits >> (16 - 8 * place)), toByteOffset: group * 3 + place,
                        as: UInt8.self)
                }
                faults |= bits & ((1 << (8 * padding)) - 1)
            }
            isValid = faults == 0
        }
        guard isValid else { throw malformed }
        return secret
    }

    /// The digit's value, and all ones if it is one, else zero.
    private static func value(of digit: UInt8) -> (value: Int, mask: Int) {
        let byte = Int(digit)
        /// All ones where `low <= byte <= high`: then both differences are negative.
        func mask(_ low: Unicode.Scalar, _ high: Unicode.Scalar) -> Int {
            ((Int(low.value) - 1 - byte) & (byte - 1 - Int(high.value))) >> 63
        }
        let (upper, lower, number) = (mask("A", "Z"), mask("a", "z"), mask("0", "9"))
        let (plus, slash) = (mask("+", "+"), mask("/", "/"))
        let value =
            upper & (byte - 65) | lower & (byte - 71) | number & (byte + 4) | plus & 62 | slash & 63
        return (value, upper | lower | number | plus | slash)
    }
}
#endif
