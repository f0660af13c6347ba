import Foundation
import Glibc
import StrongroomSystem
import Synchronization
import Testing

/// The story: a run of a million power failures ended its process. An owner let go of its thread in the moment in which
/// the thread ended, and `pthread_detach` read memory that had gone with it.
@Suite struct DedicatedThreadTests {
    private final class Meeting: Sendable {
        let isEnding = Atomic(false)
        let ended = Atomic(0)
    }

    private static func mappings() throws -> Int {
        try String(contentsOfFile: "/proc/self/maps", encoding: .utf8).utf8.count { $0 == UInt8(ascii: "\n") }
    }

    /// The moment itself is met once in some million rounds; but a stack that nobody gives back stays in each.
    @Test func anOwnerMayLetGoWhileItsThreadEnds() throws {
        let meeting = Meeting()
        let rounds = 20_000
        let before = try Self.mappings()
        for round in 0..<rounds {
            meeting.isEnding.store(false, ordering: .releasing)
            let thread = DedicatedThread(name: "test-ending") {
                meeting.ended.add(1, ordering: .releasing)
                meeting.isEnding.store(true, ordering: .releasing)
            }
            // Sometimes the owner is the first, sometimes the thread.
            if round % 4 != 0 {
                while !meeting.isEnding.load(ordering: .acquiring) { sched_yield() }
                for _ in 0..<round % 97 { _ = meeting.ended.load(ordering: .acquiring) }
            }
            _ = consume thread
        }
        while meeting.ended.load(ordering: .acquiring) < rounds { sched_yield() }
        // Tests beside this one map things as well, and not thousands of them.
        #expect(try Self.mappings() < before + rounds / 10)
    }

    private final class Owner: Sendable {
        let thread = Mutex<DedicatedThread?>(nil)
        let ended: Meeting

        init(_ ended: Meeting) { self.ended = ended }

        deinit { ended.ended.add(1, ordering: .releasing) }
    }

    @Test func aThreadMayBeItsOwnLastOwner() {
        let meeting = Meeting()
        for _ in 0..<1_000 {
            let owner = Owner(meeting)
            owner.thread.withLock { thread in
                thread = DedicatedThread(name: "test-last") { owner.thread.withLock { $0 = nil } }
            }
        }
        while meeting.ended.load(ordering: .acquiring) < 1_000 { sched_yield() }
    }
}
