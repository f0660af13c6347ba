import StrongroomStorage
import StrongroomSystem
import StrongroomTestSupport
import Synchronization
import Testing

@Suite struct PointReaderTests {
    /// Lets everybody go on after a while, from a thread of its own: where nothing goes on, no task could.
    private final class Watch: Sendable {
        private let state = Monitor((isOver: false, hasHung: false))

        func begin(_ letGo: @escaping @Sendable () -> Void) -> DedicatedThread {
            DedicatedThread(name: "watch") { [state] in
                state.wait(until: { $0.isOver }, timeoutNanoseconds: 20_000_000_000) { state, timedOut in
                    state.hasHung = timedOut
                }
                letGo()
            }
        }

        /// Whether it was let go because nothing went on.
        func end() -> Bool {
            state.withLock { $0.isOver = true }
            state.broadcast()
            return state.withLock { $0.hasHung }
        }
    }

    /// The story: while LMDB's map waited to grow, for the end of a read that took minutes, each look-up of a row
    /// waited on its task's thread. Soon all threads of tasks did, and nothing went on at all.
    @Test func lookUpsThatHaveToWaitLeaveTheirTasksThreadsToOthers() async throws {
        let machine = try await SimulatedMachine(seed: 1)
        let index = PausableIndex(machine.index)
        let storage = try await machine.open(index: index, fileSystem: machine.fileSystem)
        let count = 200
        for number in 0..<count { try await storage.metadata.put(key(number), bytes("row \(number)")) }
        // From here on they are in the index alone.
        try await storage.checkpoint()
        index.pause()
        let watch = Watch()
        let thread = watch.begin { index.goOn() }
        let begun = Begun()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<count {
                group.addTask {
                    begun.count.add(1, ordering: .sequentiallyConsistent)
                    let value = try await storage.metadata.value(key(number))
                    #expect(value == bytes("row \(number)"))
                }
            }
            // More than any machine has threads for tasks.
            while begun.count.load(ordering: .sequentiallyConsistent) < count {
                try await Task.sleep(for: .milliseconds(1))
            }
            #expect(!watch.end())
            try await group.waitForAll()
        }
        await IOThreadPool(threadCount: 1).run { thread.join() }
        try await storage.close()
    }

    private final class Begun: Sendable {
        let count = Atomic(0)
    }
}
