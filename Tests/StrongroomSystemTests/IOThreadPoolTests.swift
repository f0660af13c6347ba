import StrongroomSystem
import Synchronization
import Testing

@Suite struct IOThreadPoolTests {
    @Test func allWorkRunsOnceAndErrorsComeBack() async throws {
        let pool = IOThreadPool(threadCount: 3)
        let sum = await withTaskGroup(of: Int.self) { group in
            for index in 0..<5_000 { group.addTask { await pool.run { index } } }
            return await group.reduce(0, +)
        }
        #expect(sum == 4_999 * 5_000 / 2)
        let error = await #expect(throws: StorageError.self) {
            try await pool.run { () throws(StorageError) -> Int in throw StorageError(.notFound, "as it should") }
        }
        #expect(error?.code == .notFound)
        await pool.shutDown()
    }

    @Test func shutDownDrains() async {
        let pool = IOThreadPool(threadCount: 2)
        let done = Atomic(0)
        for _ in 0..<1_000 { pool.submit { done.add(1, ordering: .relaxed) } }
        await pool.shutDown()
        #expect(done.load(ordering: .relaxed) == 1_000)
        await pool.shutDown()
    }

    /// Threads that held the pool would keep it alive for ever, and be kept by it.
    @Test func droppingThePoolFreesIt() async {
        weak var observed: IOThreadPool?
        do {
            let pool = IOThreadPool(threadCount: 2)
            observed = pool
            #expect(await pool.run { 7 } == 7)
        }
        #expect(observed == nil)
    }

    /// With every thread blocked on the others' arrival the work passes only if it really runs in parallel.
    @Test func threadsWorkSideBySide() async {
        let pool = IOThreadPool(threadCount: 4)
        let arrived = Monitor(0)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    await pool.run {
                        arrived.withLock { $0 += 1 }
                        arrived.broadcast()
                        arrived.wait(until: { $0 == 4 }, { _ in })
                    }
                }
            }
        }
        #expect(arrived.withLock { $0 } == 4)
        await pool.shutDown()
    }

    @Test func monitorTimesOutOnlyWhenNothingComes() {
        let monitor = Monitor(false)
        #expect(monitor.wait(until: { $0 }, timeoutNanoseconds: 1_000_000) { _, timedOut in timedOut })
        let thread = DedicatedThread(name: "a name longer than the limit") {
            monitor.withLock { $0 = true }
            monitor.signal()
        }
        #expect(monitor.wait(until: { $0 }, timeoutNanoseconds: 60_000_000_000) { _, timedOut in !timedOut })
        #expect(!thread.isCurrent)
        thread.join()
        thread.join()
    }

    @Test func clocksAdvance() {
        let clock = PosixClock()
        #expect(clock.wallMilliseconds() > 1_700_000_000_000)
        let first = clock.bootNanoseconds()
        #expect(clock.bootNanoseconds() >= first)
    }
}
