import Testing

@testable import StrongroomStorage

/// With 16 writers on a disk that synced in 0.1 ms, groups of all of them left the processors idle during the sync and
/// the disk idle during the sealing; groups of half of them committed a quarter more.
@Suite struct GroupTimesTests {
    private func times(commits: Int, own microseconds: UInt64, write: UInt64) -> GroupTimes {
        GroupTimes(
            commitCount: commits, nanoseconds: 1_000 * (commits.asUInt64 * microseconds + write),
            writeNanoseconds: 1_000 * write)
    }

    @Test(arguments: [16, 64]) func manyWritersOnAFastDiskTakeTurns(writers: Int) {
        for group in [writers, writers / 2] {
            #expect(times(commits: group, own: 10, write: 110).awaitedCount(writers: writers) == writers / 2)
        }
    }

    @Test func aSlowDiskIsWorthWaitingForAll() {
        for group in [64, 32] { #expect(times(commits: group, own: 10, write: 5_000).awaitedCount(writers: 64) == 64) }
    }

    @Test func twoWritersShareASync() {
        #expect(times(commits: 2, own: 10, write: 110).awaitedCount(writers: 2) == 2)
        #expect(times(commits: 1, own: 10, write: 110).awaitedCount(writers: 2) == 2)
    }

    @Test func aLoneWriterIsNotKept() {
        for write in [0, 110, 5_000] as [UInt64] {
            #expect(times(commits: 1, own: 10, write: write).awaitedCount(writers: 1) == 1)
        }
        #expect(GroupTimes().awaitedCount(writers: 1) == 1)
    }
}

extension Int {
    fileprivate var asUInt64: UInt64 { UInt64(self) }
}
