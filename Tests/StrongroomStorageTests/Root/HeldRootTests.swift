import StrongroomSystem
import StrongroomTestSupport
import Synchronization
import Testing

@testable import StrongroomStorage

@Suite struct HeldRootTests {
    private final class Looks: Sendable {
        private let count = Atomic(0)

        /// From the second look on.
        var hasRoom: Bool { count.add(1, ordering: .sequentiallyConsistent).oldValue > 0 }
    }

    /// The story: for those who waited for room in the tables a checkpoint had not ended before its root was noted
    /// outside the store. Where that took long, so did every write.
    @Test func whoWaitsForRoomDoesNotWaitForTheRoot() async throws {
        let keeper = TestRootKeeper()
        let machine = try await SimulatedMachine(seed: 1, sums: TestSums.definition(keeper))
        let storage = try await machine.open(sums: TestSums.definition(keeper))
        try await storage.metadata.put(key("a"), bytes("row"))
        keeper.gate.arm()
        let (looks, hasRoom) = (Looks(), Monitor(false))
        let waiter = DedicatedThread(name: "waiter") {
            #expect(storage.core.checkpointer.waitForRoom { looks.hasRoom } == nil)
            hasRoom.withLock { $0 = true }
            hasRoom.broadcast()
        }
        await keeper.gate.waitUntilHeld()
        let threads = IOThreadPool(threadCount: 1)
        let isInTime = await threads.run {
            hasRoom.wait(until: { $0 }, timeoutNanoseconds: 20_000_000_000) { _, timedOut in !timedOut }
        }
        #expect(isInTime)
        keeper.gate.letGo()
        await threads.run { waiter.join() }
        try await storage.close()
        #expect(keeper.lastMark?.lsn == 1)
    }
}
