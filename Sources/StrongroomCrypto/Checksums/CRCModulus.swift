/// Polynomials over GF(2) modulo the generator of a reflected CRC: the highest bit of a word is the
/// coefficient of x⁰.
///
/// A CRC that starts and ends inverted is affine in its message, and both inversions cancel where two
/// checksums are added, so that CRC(A ‖ B) = CRC(A) · x^(8·|B|) + CRC(B). Nothing is assumed of the
/// generator: CRC-32C's is not irreducible, and x has another order for each.
struct CRCModulus<Word: FixedWidthInteger & UnsignedInteger & Sendable>: Sendable {
    private let generator: Word
    /// x^(8·2ᵏ) at index k: what 2ᵏ more bytes multiply a checksum by.
    private let powers: [Word]

    /// `generator` is reflected and without its highest term, as CRCs are published.
    init(generator: Word) {
        self.generator = generator
        let one: Word = 1 << (Word.bitWidth - 1)
        var powers = [one >> 8]
        for index in 1..<UInt64.bitWidth {
            powers.append(Self.product(powers[index - 1], powers[index - 1], generator))
        }
        self.powers = powers
    }

    /// The CRC of two messages one after the other, in as many steps as their length has bits.
    func combine(_ first: Word, _ second: Word, secondLengthBytes: UInt64) -> Word {
        var shifted = first
        var rest = secondLengthBytes
        while rest != 0 {
            shifted = Self.product(shifted, powers[rest.trailingZeroBitCount], generator)
            rest &= rest - 1
        }
        return shifted ^ second
    }

    private static func product(_ left: Word, _ right: Word, _ generator: Word) -> Word {
        var sum: Word = 0
        var rest = left
        var term = right
        while rest != 0 {
            if rest.leadingZeroBitCount == 0 { sum ^= term }
            rest <<= 1
            term = (term >> 1) ^ (term & 1 == 1 ? generator : 0)
        }
        return sum
    }
}
