import StrongroomTestSupport
import Testing

/// Disks that damage what they hold without a word, in random lives of stores. As the marathon, whose settings these
/// are, it goes on for some time, or for one life in a hundred of its power failures; without them for a few seconds.
@Suite("Silent damage")
struct SilentDamageTests {
    private static let seed = TestSettings.number("STRONGROOM_MARATHON_SEED") ?? 1
    private static let points = TestSettings.number("STRONGROOM_MARATHON_POINTS")
    private static let seconds = TestSettings.number("STRONGROOM_MARATHON_SECONDS")

    private static func isOver(_ lifeCount: Int, since start: ContinuousClock.Instant) -> Bool {
        if let points { return lifeCount >= points / 100 }
        if let seconds { return start.duration(to: .now) >= .seconds(seconds) }
        return lifeCount >= Repetitions.some(of: 24)
    }

    @Test("who reads gets what was written, or hears of the damage", arguments: SilentDamage.Kind.allCases)
    func damageIsTold(_ kind: SilentDamage.Kind) async throws {
        let start = ContinuousClock.now
        var total = SilentDamage.Outcome()
        var lifeCount = 0
        while !Self.isOver(lifeCount, since: start) {
            do {
                total += try await SilentDamage(kind: kind, seed: Self.seed &+ UInt64(lifeCount)).run()
            } catch {
                Issue.record("STRONGROOM_MARATHON_SEED=\(Self.seed): \(error)")
                return
            }
            lifeCount += 1
        }
        print("silent damage, \(kind) in \(lifeCount) lives (seed \(Self.seed)): \(total)")
        // Else nothing was tried.
        #expect(total.strikes >= lifeCount)
        // Under a sanitizer there are too few lives for all of it.
        guard lifeCount >= 24 else { return }
        #expect(total.refusals > 0 && total.errors + total.told > 0)
    }

    /// The control: payloads do read otherwise than they were written, and whoever did not ask would believe them.
    @Test("who asks for no verification is deceived", arguments: SilentDamage.Kind.allCases)
    func whoDoesNotAsk(_ kind: SilentDamage.Kind) async throws {
        let found = await #expect(throws: Discrepancy.self) {
            for seed in 0..<200 as Range<UInt64> {
                _ = try await SilentDamage(kind: kind, seed: seed, asksVerification: false).run()
            }
        }
        #expect(found?.description.contains("and nobody says so") == true)
    }
}
