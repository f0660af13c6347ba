import StrongroomCrypto
import StrongroomSystem
import Testing

@Suite struct PaddedBase64Tests {
    /// RFC 4648, section 10.
    private static let published = [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
        ("foobar", "Zm9vYmFy"),
    ]

    @Test(arguments: published)
    func publishedVectors(plain: String, text: String) {
        #expect(PaddedBase64.encode(Array(plain.utf8)) == text)
        #expect(PaddedBase64.decode(text) == Array(plain.utf8))
    }

    @Test func everyDigitIsInItsPlace() {
        let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
        let bytes = PaddedBase64.decode(alphabet)
        #expect(bytes.map(PaddedBase64.encode) == alphabet)
        // Digit n is worth n: together they count from 0 to 63.
        let bits = (bytes ?? []).flatMap { byte in (0..<8).reversed().map { Int(byte >> $0 & 1) } }
        let values = stride(from: 0, to: bits.count, by: 6).map { bits[$0..<$0 + 6].reduce(0) { $0 << 1 | $1 } }
        #expect(values == Array(0..<64))
    }

    @Test func everySizeComesBack() {
        for size in 0...200 {
            let bytes = SeededRandom(UInt64(size)).bytes(size)
            let text = PaddedBase64.encode(bytes)
            #expect(text.utf8.count == (size + 2) / 3 * 4)
            #expect(PaddedBase64.decode(text) == bytes)
        }
    }

    @Test(arguments: [
        "Z", "Zg", "Zg=", "Zm8", "Zm9vZ", "Zm9v=", "Zm9v==", "Zm9v====", "=", "==", "===", "====", "Z===", "A===",
        "Zg==Zg==", "Zm8=Zm9v", "=Zg=", "Z=g=", "Zg=A", "Zm=v", "=m9v",
        " Zg==", "Zg== ", "Zg==\n", "Zm 9", "Zm9v\r\n", "Zm9v\n\n\n\n", "Zm\t9", "Zm9\0",
        "Zm-v", "Zm_v", "Zm.v", "Zm*v", "Zmé", "Zm9é", "\u{1F600}", "Zm9\u{FF41}",
        "Zh==", "Zv==", "Zm9=", "Zm+=", "Zm9vYh==", "//==", "///=",
    ])
    func anythingElseIsRefused(text: String) {
        #expect(PaddedBase64.decode(text) == nil)
    }

    /// All texts of four characters that could be mistaken for one another, by the only rule there is: what
    /// is decoded is encoded the same way.
    @Test func everySequenceHasOneText() {
        let characters = Array("AQgw/+=9 -")
        var accepted = 0
        for index in 0..<characters.count * characters.count * characters.count * characters.count {
            let text = String((0..<4).map { place in characters[index / [1, 10, 100, 1000][place] % 10] })
            guard let bytes = PaddedBase64.decode(text) else { continue }
            accepted += 1
            #expect(PaddedBase64.encode(bytes) == text)
        }
        // Seven digits: any four; three, the third of which ends in two zero bits (A, Q, g, w), and
        // padding; two, the second of which ends in four (A, Q, g, w), and padding twice.
        #expect(accepted == 7 * 7 * 7 * 7 + 7 * 7 * 4 + 7 * 4)
    }
}
