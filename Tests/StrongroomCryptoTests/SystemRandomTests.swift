import StrongroomSystem
import Testing

@Suite struct SystemRandomTests {
    /// More than 256 bytes may come in several pieces: none may stay unfilled.
    @Test(arguments: [0, 1, 255, 256, 257, 1_000_000])
    func fillsEveryByte(count: Int) {
        let bytes = SystemRandom().bytes(count)
        #expect(bytes.count == count)
        // Sixteen zeros in a row do not happen by chance (below 2^-100 for all sizes here).
        let pieces = stride(from: 0, to: count - 15, by: 16)
        #expect(pieces.allSatisfy { start in bytes[start..<start + 16].contains { $0 != 0 } })
    }

    @Test func neverRepeats() {
        let salts = Set((0..<1000).map { _ in SystemRandom().bytes(24) })
        #expect(salts.count == 1000)
    }
}
