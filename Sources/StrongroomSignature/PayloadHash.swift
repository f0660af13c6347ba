package import StrongroomCrypto

/// The hash of a body, as a canonical request has it.
package enum PayloadHash {
    private static let digits = Array("0123456789abcdef".utf8)

    /// SHA-256 in lower-case hexadecimal.
    package static func hexadecimal(_ body: [UInt8]) throws(SealError) -> String {
        // Safe: a UInt8 is raw bytes.
        hexadecimalText(try Digest.hash(.sha256, unsafe body.span.bytes))
    }

    package static func hexadecimalText(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        text.reserveCapacity(2 * bytes.count)
        for byte in bytes {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }
}
