package import StrongroomCrypto

/// An authenticator: shows the codes of a secret that it was told in base32.
package struct VirtualDevice: ~Copyable {
    private let codes: OneTimeCode

    package init(base32 text: SharedSecret) throws {
        let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".utf8)
        let bytes = try text.bytes.withBytes { text in
            var bits = 0
            var bitCount = 0
            var bytes: [UInt8] = []
            for index in 0..<text.byteCount {
                // Safe: any bit pattern is a UInt8, and the index is in bounds.
                let digit = unsafe text.unsafeLoad(fromByteOffset: index, as: UInt8.self)
                bits = (bits << 5 | digits.firstIndex(of: digit)!) & 0xFFFF
                bitCount += 5
                guard bitCount >= 8 else { continue }
                bitCount -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> bitCount))
            }
            return bytes
        }
        // Safe: a UInt8 is raw bytes.
        codes = try OneTimeCode(secret: try SecretBytes(copying: unsafe bytes.span.bytes))
    }

    /// As a number.
    package borrowing func code(atMilliseconds milliseconds: Int64) throws -> UInt32 {
        try codes.code(at: OneTimeCode.step(atMilliseconds: milliseconds))
    }

    /// As it is typed in.
    package borrowing func text(atMilliseconds milliseconds: Int64) throws -> String {
        let digits = String(try code(atMilliseconds: milliseconds))
        return String(repeating: "0", count: OneTimeCode.digitCount - digits.utf8.count) + digits
    }
}
