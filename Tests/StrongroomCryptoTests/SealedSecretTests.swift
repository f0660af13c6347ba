import StrongroomCrypto
import StrongroomSystem
import Testing

@Suite struct SealedSecretTests {
    private static let context = Array("key id, version".utf8)

    @Test(arguments: SealedStreamSuite.allCases, [0, 1, 32, 64, 4096])
    func wrapsAndUnwraps(suite: SealedStreamSuite, count: Int) throws {
        let wrapping = try SecretBytes.random(count: 32)
        let key = try SecretBytes.random(count: count)
        let wrapped = try SealedStream.sealSecret(
            key, suite, under: wrapping, context: Self.context, random: SystemRandom())
        #expect(wrapped.count == 72 + count)
        let unwrapped = try SealedStream.openSecret(
            wrapped, count: count, suite, under: wrapping, context: Self.context)
        #expect(try unwrapped.isEqual(to: key))
        // It is a sealed stream like any other.
        #expect(try SealedStream.open(wrapped, suite, key: wrapping, context: Self.context) == exposed(key))
    }

    @Test func whatIsNotWholeIsRefused() throws {
        let wrapping = try SecretBytes.random(count: 32)
        let wrapped = try SealedStream.sealSecret(
            SecretBytes.random(count: 32), .aes256GCM, under: wrapping, context: Self.context, random: SystemRandom())
        #expect(wrapped.count == 104)
        func code(_ bytes: [UInt8], count: Int = 32) -> SealError.Code? {
            do throws(SealError) {
                _ = try SealedStream.openSecret(
                    bytes, count: count, .aes256GCM, under: wrapping, context: Self.context)
                return nil
            } catch {
                return error.code
            }
        }
        #expect(code(wrapped) == nil)
        for size in wrapped.indices { #expect(code(Array(wrapped.prefix(size))) == .truncated) }
        #expect(code(wrapped + [0]) == .trailingData)
        #expect(code(wrapped, count: 31) == .trailingData)
        #expect(code(wrapped, count: 33) == .truncated)
        for place in wrapped.indices {
            var damaged = wrapped
            damaged[place] ^= 1
            #expect(code(damaged) == (place < 56 ? .commitmentMismatch : .chunkNotAuthentic), "byte \(place)")
        }
    }
}
