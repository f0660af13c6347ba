import StrongroomCrypto
import StrongroomTestSupport
import Testing

@testable import Strongroom

@Suite("Second factors") struct SecondFactorTests {
    private static let now: Int64 = 1_800_000_000_000
    private static let step: Int64 = 30_000

    private static func use(
        _ store: Store, _ code: UInt32, at milliseconds: Int64 = now, nanoseconds: UInt64 = 0
    ) async throws -> SecondFactorUse {
        try await store.useSecondFactor(code, of: "alice", nowMilliseconds: milliseconds, nanoseconds: nanoseconds)
    }

    @Test("a factor is made once, is told of and not told, and taken away")
    func life() async throws {
        try await withStore { store, _ in
            try await store.createUser(named: "alice")
            #expect(try await store.user(named: "alice").secondFactor == nil)
            #expect(try await errorCode { try await store.disableSecondFactor(of: "alice") } == .noSuchSecondFactor)
            let made = try await store.enableSecondFactor(of: "alice")
            #expect(try await store.user(named: "alice").secondFactor?.created == made.created)
            let text = try UserFixture.text(made.secret)
            #expect(text.utf8.count == 32 && text.allSatisfy("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".contains))
            #expect(try await errorCode { try await store.enableSecondFactor(of: "alice") } == .limitExceeded)
            #expect(try await errorCode { try await store.enableSecondFactor(of: "bob") } == .noSuchUser)
            #expect(try await store.verify().findings == [])
            try await store.disableSecondFactor(of: "alice")
            #expect(try await store.user(named: "alice").secondFactor == nil)
            let code = try VirtualDevice(base32: made.secret).code(atMilliseconds: Self.now)
            #expect(try await Self.use(store, code) == .refused)
            let other = try await store.enableSecondFactor(of: "alice")
            #expect(try UserFixture.text(other.secret) != text)
        }
    }

    @Test("a code is accepted once, one step before and behind its time, also after a reopening")
    func once() async throws {
        let directory = try TemporaryDirectory()
        var store = try await Store.open(at: directory.store, options: .forTests)
        try await store.createUser(named: "alice")
        let device = try VirtualDevice(base32: try await store.enableSecondFactor(of: "alice").secret)
        let code = try device.code(atMilliseconds: Self.now)
        #expect(try await Self.use(store, (code + 1) % 1_000_000) == .refused)
        #expect(try await Self.use(store, code) == .accepted)
        #expect(try await Self.use(store, code) == .refused)
        try await store.close()
        store = try await Store.open(at: directory.store, options: .forTests)
        #expect(try await Self.use(store, code) == .refused)
        // A code of the step before, which nobody has used, is older than one that was.
        let older = try device.code(atMilliseconds: Self.now - Self.step)
        #expect(try await Self.use(store, older) == .refused)
        let next = try device.code(atMilliseconds: Self.now + Self.step)
        #expect(try await Self.use(store, next) == .accepted)
        let later = Self.now + 10 * Self.step
        let near = try [-2, -1, 1, 2].map { try device.code(atMilliseconds: later + $0 * Self.step) }
        let after = UInt64(3_600_000_000_000)
        #expect(try await Self.use(store, near[0], at: later, nanoseconds: after) == .refused)
        #expect(try await Self.use(store, near[3], at: later, nanoseconds: after) == .refused)
        #expect(try await Self.use(store, near[1], at: later, nanoseconds: after) == .accepted)
        #expect(try await Self.use(store, near[2], at: later, nanoseconds: after) == .accepted)
        try await store.close()
    }

    @Test("of many requests with one code one is let in")
    func atOnce() async throws {
        let memory = try await MemoryEngine()
        try await memory.store.createUser(named: "alice")
        let device = try VirtualDevice(base32: try await memory.store.enableSecondFactor(of: "alice").secret)
        let code = try device.code(atMilliseconds: Self.now)
        let accepted = try await withThrowingTaskGroup(of: SecondFactorUse.self, returning: Int.self) { group in
            for _ in 0..<16 { group.addTask { try await Self.use(memory.store, code) } }
            return try await group.reduce(0) { $0 + ($1 == .accepted ? 1 : 0) }
        }
        #expect(accepted == 1)
        // Nor is it let in again where the process died right behind the answer.
        #expect(try await Self.use(memory.afterCrash().store, code) == .refused)
    }

    @Test("whoever guesses has to wait, longer and longer, and a right code in a pause does not help")
    func pauses() async throws {
        let memory = try await MemoryEngine()
        try await memory.store.createUser(named: "alice")
        let device = try VirtualDevice(base32: try await memory.store.enableSecondFactor(of: "alice").secret)
        let right = try device.code(atMilliseconds: Self.now)
        let near = try [-1, 0, 1].map { try device.code(atMilliseconds: Self.now + $0 * Self.step) }
        let wrong = try #require((UInt32(0)...3).first { !near.contains($0) })
        for _ in 0..<SecondFactorAttempts.freeCount { #expect(try await Self.use(memory.store, wrong) == .refused) }
        #expect(try await Self.use(memory.store, right) == .paused(seconds: 30))
        var now: UInt64 = 30_000_000_000
        #expect(try await Self.use(memory.store, wrong, nanoseconds: now - 1) == .paused(seconds: 1))
        for pause in [60, 120, 240, 480, 900, 900] as [UInt64] {
            #expect(try await Self.use(memory.store, wrong, nanoseconds: now) == .refused)
            #expect(try await Self.use(memory.store, right, nanoseconds: now) == .paused(seconds: pause))
            now += pause * 1_000_000_000
        }
        #expect(try await Self.use(memory.store, right, nanoseconds: now) == .accepted)
        #expect(try await Self.use(memory.store, wrong, nanoseconds: now) == .refused)
        #expect(try await Self.use(memory.store, wrong, nanoseconds: now) == .refused)
    }

    @Test("a secret of another user does not open, even for whoever seals rows")
    func transplanted() async throws {
        let memory = try await MemoryEngine()
        let keys = try memory.engine.unlockedKeys()
        for name in ["alice", "mallory"] { try await memory.store.createUser(named: name) }
        _ = try await memory.store.enableSecondFactor(of: "alice")
        let device = try VirtualDevice(base32: try await memory.store.enableSecondFactor(of: "mallory").secret)
        let foreign = try #require(try await memory.value(RowKey.user("mallory")))
        let value = try #require(try await memory.value(RowKey.user("alice")))
        var row = try keys.userRow(value, "alice")
        row.secondFactor?.sealedSecret = try #require(try keys.userRow(foreign, "mallory").secondFactor).sealedSecret
        let forged = try keys.sealedRows.seal(
            row.encoded(), rowKey: RowKey.user("alice"), random: memory.engine.random)
        try await memory.overwrite(RowKey.user("alice"), value: forged)
        let found = try await memory.afterCrash().store
        let code = try device.code(atMilliseconds: Self.now)
        #expect(try await errorCode { try await Self.use(found, code) } == .damaged)
        #expect(try await found.verify().findings.count == 1)
        try await found.disableSecondFactor(of: "alice")
        #expect(try await found.verify().findings == [])
    }

    @Test("no secret stands in a file, or in memory that is dumped")
    func secrecy() async throws {
        try await withStore { store, directory in
            try await store.createUser(named: "alice")
            let made = try await store.enableSecondFactor(of: "alice")
            let canary = try Canary(made.secret.bytes)
            for number in 0..<4 {
                let wrong = UInt32(number)
                _ = try await Self.use(store, wrong, at: Self.now + Int64(number) * Self.step)
            }
            try await store.checkpoint()
            #expect(try await store.verify().findings == [])
            #expect(try !DumpableMemory.contains(canary))
            for file in try directory.files() { #expect(try !canary.isIn(directory.contents(of: file)), "\(file)") }
        }
    }
}
