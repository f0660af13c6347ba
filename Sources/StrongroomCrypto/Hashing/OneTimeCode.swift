/// Codes that are good once (RFC 4226), and those of them that go by time (RFC 6238): HMAC-SHA-1, steps of 30 seconds,
/// six digits, as virtual devices of AWS and all authenticators have them.
package struct OneTimeCode: ~Copyable, Sendable {
    /// Seconds of a step.
    package static let stepSeconds: Int64 = 30
    package static let digitCount = 6

    private let hmac: HMAC<SHA1>

    /// Of the secret nothing is kept but the hash states that it leads to.
    package init(secret: borrowing SecretBytes) throws(SecretMemoryError) { hmac = try HMAC(key: secret) }

    /// The step of a moment. Before 1970 there is none.
    package static func step(atMilliseconds milliseconds: Int64) -> UInt64 {
        UInt64(max(milliseconds, 0)) / UInt64(1_000 * stepSeconds)
    }

    /// The code of a step, or of a counter, as a number: zeros in front of it are digits, too.
    ///
    /// - Parameter digitCount: 6 to 8.
    package borrowing func code(
        at counter: UInt64, digitCount: Int = Self.digitCount
    ) throws(SecretMemoryError) -> UInt32 {
        precondition((6...8).contains(digitCount), "a code of \(digitCount) digits")
        let message = (0..<8).map { UInt8(truncatingIfNeeded: counter >> (56 - 8 * UInt64($0))) }
        var code = [UInt8](repeating: 0, count: SHA1.digestSizeBytes)
        var span = code.mutableSpan
        // Safe: any bit pattern is a UInt8.
        var raw = unsafe span.mutableBytes
        try hmac.authenticate(unsafe message.span.bytes, into: &raw)
        let offset = Int(code[SHA1.digestSizeBytes - 1] & 0xF)
        let word = code[offset..<offset + 4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) } & 0x7FFF_FFFF
        return word % (0..<digitCount).reduce(1) { power, _ in power * 10 }
    }
}
