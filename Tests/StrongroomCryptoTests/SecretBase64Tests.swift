import StrongroomCrypto
import Testing

@Suite("Base64 of secrets") struct SecretBase64Tests {
    private func decoded(_ text: String, count: Int) throws -> [UInt8]? {
        let digits = Array(text.utf8)
        // Safe: a UInt8 is raw bytes.
        let secret = try SecretBytes(copying: unsafe digits.span.bytes)
        guard let bytes = try SecretBase64.decode(secret, count: count) else { return nil }
        return try bytes.withBytes { span in
            (0..<span.byteCount).map { unsafe span.unsafeLoad(fromByteOffset: $0, as: UInt8.self) }
        }
    }

    @Test("gives back what any bytes were encoded as", arguments: 1...50)
    func roundTrip(_ count: Int) throws {
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ count) }
        #expect(try decoded(PaddedBase64.encode(bytes), count: count) == bytes)
    }

    @Test("knows the digits, and no others", arguments: UInt8.min...UInt8.max)
    func digits(_ byte: UInt8) throws {
        var text = Array("AAAA".utf8)
        text[1] = byte
        // Safe: a UInt8 is raw bytes.
        let secret = try SecretBytes(copying: unsafe text.span.bytes)
        let known = byte < 0x80 && PaddedBase64.decode(String(decoding: text, as: UTF8.self)) != nil
        let isDigit = known && byte != UInt8(ascii: "=")
        let bytes = try SecretBase64.decode(secret, count: 3)
        let isDecoded: Bool
        if bytes == nil { isDecoded = false } else { isDecoded = true }
        #expect(isDecoded == isDigit)
    }

    @Test("refuses another length, missing padding, and bits that say something behind the end")
    func sloppiness() throws {
        #expect(try decoded("AAAA", count: 2) == nil)
        #expect(try decoded("AAA=", count: 3) == nil)
        #expect(try decoded("AAB=", count: 2) == nil)
        #expect(try decoded("AB==", count: 1) == nil)
        #expect(try decoded("AA=A", count: 1) == nil)
        #expect(try decoded("AAE", count: 2) == nil)
        #expect(try decoded("AAE=", count: 2) == [0, 1])
    }

    @Test("writes what anybody else writes", arguments: 0...50)
    func encoding(_ count: Int) throws {
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 91 &+ count) }
        // Safe: a UInt8 is raw bytes.
        let text = try SecretBase64.encode(try SecretBytes(copying: unsafe bytes.span.bytes))
        let digits = try text.withBytes { span in
            // Safe: any bit pattern is a UInt8, and the index is in bounds.
            (0..<span.byteCount).map { unsafe span.unsafeLoad(fromByteOffset: $0, as: UInt8.self) }
        }
        #expect(String(decoding: digits, as: UTF8.self) == PaddedBase64.encode(bytes))
    }

    @Test("knows each digit")
    func everyDigit() throws {
        var bits: [UInt8] = []
        for first in stride(from: UInt8(0), to: 64, by: 4) {
            bits += [
                first << 2 | (first + 1) >> 4, (first + 1) << 4 | (first + 2) >> 2, (first + 2) << 6 | (first + 3),
            ]
        }
        // Safe: a UInt8 is raw bytes.
        let text = try SecretBase64.encode(try SecretBytes(copying: unsafe bits.span.bytes))
        let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        // Safe: a UInt8 is raw bytes.
        #expect(try text.isEqual(to: SecretBytes(copying: unsafe digits.span.bytes)))
    }
}
