import StrongroomCrypto
import StrongroomSystem
import StrongroomTestSupport
import Testing

@Suite struct SecretBytesTests {
    @Test(arguments: [0, 1, 31, 32, 33, 64, 2032, 2033, 4080, 4081, 8176, 8177, SecretBytes.countMaximum])
    func keepsWhatItWasGiven(count: Int) throws {
        let bytes = SeededRandom(7).bytes(count)
        let first = try secret(bytes)
        #expect(first.count == count)
        #expect(try exposed(first) == bytes)
        let second = try first.copy()
        #expect(try second.isEqual(to: first))
        #expect(try exposed(second) == bytes)
    }

    @Test func comparesAllBytes() throws {
        let bytes = SeededRandom(8).bytes(48)
        let first = try secret(bytes)
        for index in bytes.indices {
            var changed = bytes
            changed[index] ^= 0x80
            #expect(try !first.isEqual(to: secret(changed)))
        }
        #expect(try !first.isEqual(to: secret(Array(bytes.dropLast()))))
    }

    @Test func startsZeroed() throws {
        for _ in 0..<50 {
            _ = try SecretBytes.random(count: 100)
            let fresh = try SecretBytes(count: 100) { _ in }
            #expect(try exposed(fresh).allSatisfy { $0 == 0 })
        }
    }

    @Test func neighboursDoNotTouch() throws {
        let secrets = try (0..<500).map { SharedSecret(try secret([UInt8](repeating: UInt8($0 % 251), count: 32))) }
        for (index, shared) in secrets.enumerated() {
            #expect(try exposed(shared.bytes) == [UInt8](repeating: UInt8(index % 251), count: 32))
        }
    }

    private struct Refusal: SecretMemoryErrorConvertible {
        init() {}
        init(secretMemory error: SecretMemoryError) {}
    }

    @Test func whatTheBodyThrowsComesOut() throws {
        #expect(throws: Refusal.self) {
            _ = try SecretBytes(count: 32) { (_) throws(Refusal) in throw Refusal() }
        }
        let whole = try SecretBytes.random(count: 32)
        #expect(throws: Refusal.self) { try whole.withBytes { (_) throws(Refusal) in throw Refusal() } }
    }

    @Test func manyThreadsTakeAndGiveBack() async throws {
        await withTaskGroup(of: Bool.self) { group in
            for task in 0..<8 {
                group.addTask {
                    let random = SeededRandom(UInt64(task))
                    var held: [(SharedSecret, [UInt8])] = []
                    for _ in 0..<2000 {
                        let bytes = random.bytes(random.next(in: 0...200))
                        guard let shared = try? SharedSecret(secret(bytes)) else { return false }
                        held.append((shared, bytes))
                        if held.count > 20 { held.remove(at: random.next(in: 0...19)) }
                        let (kept, expected) = held[random.next(in: 0...held.count - 1)]
                        guard (try? exposed(kept.bytes)) == expected else { return false }
                    }
                    return true
                }
            }
            for await isWhole in group { #expect(isWhole) }
        }
    }

    /// The kernel's own word on the pages: locked, not dumped, wiped on fork; guards on both sides.
    @Test(.disabled(if: Sanitizer.isThere, "sanitizers lock no memory"))
    func pagesAreProtected() throws {
        let key = try SecretBytes.random(count: 32)
        let address = try key.withBytes { unsafe $0.withUnsafeBytes { UInt(bitPattern: $0.baseAddress) } }
        let mappings = try MemoryMapping.all()
        let index = try #require(mappings.firstIndex { $0.range.contains(address) })
        #expect(mappings[index].flags.isSuperset(of: ["lo", "dd", "wf", "rd", "wr"]))
        let before = try #require(mappings[..<index].last { $0.flags.isDisjoint(with: ["rd", "wr"]) })
        let after = try #require(mappings[index...].first { $0.flags.isDisjoint(with: ["rd", "wr"]) })
        // The region may be split in two where pages are not locked yet.
        #expect(mappings[index].range.lowerBound - before.range.upperBound <= 256 * 1024)
        #expect(after.range.lowerBound - mappings[index].range.upperBound <= 256 * 1024)
    }
}
