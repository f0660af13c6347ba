import StrongroomSimulation
import Testing

/// A random run that fails is of use once it is short.
@Suite struct ShrinkingTests {
    @Test func aScriptIsAFunctionOfItsSeed() {
        func text(_ seed: UInt64) -> [String] {
            CrashScript(seed: seed, crashes: 2, operationsPerLife: 200).steps.map(\.description)
        }
        #expect(text(1) == text(1))
        #expect(text(1) != text(2))
        #expect(text(1).count == 2 * (200 + 4 + 1))
    }

    /// Only what makes it fail stays, wherever that is, and however much of it there is.
    @Test(arguments: 0..<40 as Range<UInt64>)
    func whatIsLeftFailsAndNothingOfItCanGo(seed: UInt64) async {
        var generator = SeededGenerator(seed: seed)
        let count = Int.random(in: 1...300, using: &generator)
        let needed = Set(
            (0..<Int.random(in: 1...4, using: &generator)).map { _ in
                Int.random(in: 0..<count, using: &generator)
            })
        let left = await shortest(of: Array(0..<count)) { needed.isSubset(of: $0) }
        #expect(left == needed.sorted())
    }

    /// One that goes may let another go that came before it.
    @Test func singleElementsAreTriedAgain() async {
        let left = await shortest(of: [1, 2, 3]) { $0.contains(3) && (!$0.contains(2) || $0.contains(1)) }
        #expect(left == [3])
    }

    @Test func thereIsALimit() async {
        var attempts = 0
        let left = await shortest(of: Array(0..<100), limit: 7) { _ in
            attempts += 1
            return false
        }
        #expect(left == Array(0..<100) && attempts == 7)
    }

    /// The fault is planted: from 900 operations of four writers to a commit and a power failure.
    @Test(arguments: [100, 101, 102] as [UInt64])
    func whatALyingDiskLosesIsShownByAFewSteps(seed: UInt64) async throws {
        let script = CrashScript(seed: seed, crashes: 3, operationsPerLife: 300, lies: true)
        let error = try #require(await script.failure(), "the disk lies, and nothing is lost")
        let shrunk = await script.shrunk()
        #expect(shrunk.isInTurn && (2...4).contains(shrunk.steps.count), "\(shrunk.steps)")
        #expect(await shrunk.failure() != nil)
        // By its numbers, as the message has it.
        var again = script.keeping(numbers: Set(shrunk.steps.map(\.number)))
        again.isInTurn = true
        #expect(await again.failure() != nil)
        // It is the disk, not the script.
        again.lies = false
        #expect(await again.failure() == nil)
        let report = await script.report(error)
        #expect(report.hasPrefix("seed \(seed), 3 crashes, 300 operations a life: "))
        #expect(report.contains("power fails"))
    }
}
