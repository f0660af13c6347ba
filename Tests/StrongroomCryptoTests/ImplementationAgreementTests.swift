#if DualLayer
import StrongroomCrypto
import StrongroomSystem
import Testing

/// Two independent implementations as each other's oracle.
@Suite struct ImplementationAgreementTests {
    @Test(arguments: SealedStreamSuite.allCases)
    func bothWriteTheSameStreams(suite: SealedStreamSuite) throws {
        let random = SeededRandom(41)
        for round in 0..<60 {
            let size = round < 20 ? random.next(in: 0...40) : random.next(in: 0...60_000)
            let plaintext = random.bytes(size)
            let key = try secret(random.bytes(32))
            let context = random.bytes(random.next(in: 0...100))
            let salt = FixedRandom(bytes: random.bytes(24))
            let streams = try AEADImplementation.allCases.map { implementation in
                try SealedStream.seal(
                    plaintext, suite, key: key, context: context, random: salt, implementation: implementation)
            }
            #expect(streams.count == 2)
            #expect(streams[0] == streams[1])
            for implementation in AEADImplementation.allCases {
                let opened = try SealedStream.open(
                    streams[0], suite, key: key, context: context, implementation: implementation)
                #expect(opened == plaintext)
            }
        }
    }

    /// And both refuse the same damage.
    @Test(arguments: SealedStreamSuite.allCases)
    func bothRefuseTheSameStreams(suite: SealedStreamSuite) throws {
        let random = SeededRandom(42)
        let key = try secret(random.bytes(32))
        let whole = try SealedStream.seal(random.bytes(20_000), suite, key: key, context: [], random: random)
        for _ in 0..<100 {
            var damaged = whole
            damaged[random.next(in: 0...whole.count - 1)] ^= 1 << random.next(in: 0...7)
            let codes = AEADImplementation.allCases.map { implementation -> SealError.Code? in
                do throws(SealError) {
                    _ = try SealedStream.open(
                        damaged, suite, key: key, context: [], implementation: implementation)
                    return nil
                } catch {
                    return error.code
                }
            }
            #expect(codes[0] != nil)
            #expect(codes[0] == codes[1])
        }
    }
}
#endif
