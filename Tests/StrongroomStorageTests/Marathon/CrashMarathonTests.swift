import StrongroomStorage
import StrongroomSystem
import StrongroomTestSupport
import Testing

/// `make marathon` goes on for some time, or for so many power failures; without it a few hundred are looked at.
@Suite("Crash marathon")
struct CrashMarathonTests {
    @Test("whatever a disk does and whenever power fails, nothing that was acknowledged is lost")
    func nothingIsLost() async throws {
        let seed = TestSettings.number("STRONGROOM_MARATHON_SEED") ?? UInt64.random(in: 0...UInt64(UInt32.max))
        let points = TestSettings.number("STRONGROOM_MARATHON_POINTS")
        let seconds = TestSettings.number("STRONGROOM_MARATHON_SECONDS")
        let start = ContinuousClock.now
        let marathon = CrashMarathon(seed: seed) { count in
            if let points { return count >= points }
            if let seconds { return start.duration(to: .now) >= .seconds(seconds) }
            return count >= 300
        }
        do {
            try await marathon.run(runners: 4)
        } catch {
            Issue.record("STRONGROOM_MARATHON_SEED=\(seed): \(error)")
            return
        }
        let took = start.duration(to: .now) / .seconds(60)
        print(
            "crash marathon: \(marathon.pointCount) power failures in \(marathon.lifeCount) lives, "
                + "\(Int(Double(marathon.pointCount) / took)) a minute (seed \(seed))")
        #expect(marathon.pointCount >= points ?? (seconds == nil ? 300 : 1))
    }

    /// Each life of a long marathon once left its last store behind, with four threads: disks and indexes of processes
    /// that had died kept each other, and with the watcher everything.
    @Test("a life that is over leaves no store behind")
    func livesEnd() async throws {
        weak var left: ScriptedStore?
        do {
            let store = try await ScriptedStore()
            left = store
            try await store.open()
            let moments = try await store.recording { store in
                try await store.put([[1]: 10])
                try await store.reopenKilled()
                try await store.put([[2]: 10])
                try await store.reopenCrashed(seed: 4)
                try await store.put([[3]: 10])
                try await store.close()
                try await store.open()
            }
            #expect(moments.count > 20)
        }
        #expect(left == nil)
    }

    /// The control: a marathon that does not find this could find nothing.
    @Test("a disk that lies about its syncs is found out")
    func lies() async throws {
        let marathon = CrashMarathon(seed: 1, lies: true) { $0 >= 2_000 }
        await #expect(throws: Discrepancy.self) { try await marathon.run(runners: 2) }
    }
}
