import StrongroomSimulation
import StrongroomSystem
import StrongroomTestSupport
import Testing

@testable import StrongroomStorage

/// Space comes back from segments in which something lives, and nobody sees anything else of it.
@Suite struct CompactionTests {
    @Test func mixedSegmentsComeBack() async throws {
        let machine = try await SimulatedMachine(seed: 1, sums: TestSums.definition)
        let storage = try await machine.open(sums: TestSums.definition)
        try await storage.putMixed()
        let before = try await storage.sealedSpace()
        #expect(before.sizeBytes > 6 * before.liveBytes)
        let lastLSN = try await storage.statistics().lastLSN
        let follower = storage.metadata.follow(after: lastLSN, through: nil)

        let report = try await storage.compactAll()
        let after = try await storage.sealedSpace()
        #expect(report.movedRows >= 18 && report.movedBytes == report.movedRows * 6_000)
        #expect(report.freedSegments > 3)
        #expect(after.sizeBytes <= 512 << 10)
        #expect(try await storage.statistics().compaction.total == report)
        #expect(try await storage.statistics().preparedBytes <= 512 << 10)
        try await storage.expectMixed()
        try await storage.expectSound()
        try await storage.metadata.checkSums()
        // Who follows the store is told of none of it.
        let marked: CommitOutcome<TestRefusal> = try await storage.metadata.commit(reads: [], attachments: []) { _ in
            .commit([], note: bytes("next"))
        }
        guard case .committed(let receipt) = marked else { return }
        #expect(receipt.lsn > lastLSN + 1)
        let notes = try await follower.next()
        #expect(notes?.map(\.note) == [bytes("next")])

        machine.crash(seed: 3)
        let reopened = try await machine.open(seed: 4, sums: TestSums.definition)
        try await reopened.expectMixed()
        try await reopened.expectSound()
        try await reopened.close()
    }

    /// Rows whose keys no frame of the segment names, for they came there with their payload.
    @Test func rowsThatMovedAreFound() async throws {
        let machine = try await SimulatedMachine(seed: 1)
        let storage = try await machine.open()
        for number in 0..<100 {
            try await storage.metadata.put(
                key(number), [1], .attachment(0), attachments: [payload(6_000, seed: UInt8(number))])
        }
        for number in 0..<100 {
            if number % 8 == 0 {
                try await storage.metadata.commit(
                    [
                        RowMutation(key: key("moved \(number)"), change: .put(value: [2], payload: .sameAs(read: 0))),
                        RowMutation(key: key(number), change: .delete),
                    ], reads: [key(number)])
            } else {
                try await storage.metadata.delete(key(number))
            }
        }
        try await storage.settle()
        let old = Set(try await storage.statistics().segments.map(\.id))
        let report = try await storage.compactAll()
        #expect(report.movedRows >= 12)
        let left = try await storage.statistics().segments.filter { segment in
            old.contains(segment.id) && segment.liveBytes > 0 && !segment.isNewest
        }
        #expect(left == [])
        for number in stride(from: 0, to: 100, by: 8) {
            let pinned = try await storage.metadata.pinnedRow(key("moved \(number)"))
            #expect(pinned?.row.value == [2])
            #expect(try await pinned?.payloadBytes() == payload(6_000, seed: UInt8(number)))
        }
        try await storage.expectSound()
        try await storage.close()
    }

    /// Two rows of one payload, each with its place.
    @Test func sharedPayloadsStayShared() async throws {
        let machine = try await SimulatedMachine(seed: 1)
        let storage = try await machine.open()
        let puts = ["a", "b"].map { RowMutation(key: key($0), change: .put(value: bytes($0), payload: .attachment(0))) }
        try await storage.metadata.commit(puts, attachments: [payload(9_000)])
        try await storage.putMixed()
        try await storage.compactAll()
        let rows = try await storage.metadata.rows()
        #expect(rows[key("a")]?.payload == rows[key("b")]?.payload)
        let pinned = try await storage.metadata.pinnedRow(key("b"))
        #expect(try await pinned?.payloadBytes() == payload(9_000))
        try await storage.expectSound()
        try await storage.close()
    }

    /// Compaction in between keeps the space within its bound, whatever is overwritten.
    @Test(arguments: 0..<3 as Range<UInt64>)
    func overwritingTakesBoundedSpace(seed: UInt64) async throws {
        var generator = SeededGenerator(seed: seed)
        let machine = try await SimulatedMachine(seed: seed)
        let storage = try await machine.open()
        for number in 0..<300 {
            try await storage.metadata.put(key(number), [], .attachment(0), attachments: [payload(4_000)])
        }
        for _ in 0..<8 {
            for _ in 0..<200 {
                let number = Int.random(in: 0..<300, using: &generator)
                try await storage.metadata.put(
                    key(number), [], .attachment(0), attachments: [payload(4_000, seed: UInt8(number % 200))])
            }
            try await storage.compactAll()
            let statistics = try await storage.statistics()
            let sizeBytes = statistics.segments.reduce(0) { $0 + $1.sizeBytes }
            let boundBytes = 3 * 300 * 4_000 / 2 + 256 * 1_024 as UInt64
            #expect(sizeBytes <= boundBytes)
        }
        try await storage.expectSound()
        try await storage.close()
    }

    /// Payloads hardly larger than their rows: to write them anew gains nothing, and is not tried for ever.
    @Test func thereIsAnEndWhereRowsAreLargerThanPayloads() async throws {
        let machine = try await SimulatedMachine(seed: 1)
        let storage = try await machine.open()
        for batch in 0..<40 {
            let mutations = (0..<20).map {
                RowMutation(
                    key: key(batch * 20 + $0), change: .put(value: payload(900), payload: .attachment($0)))
            }
            try await storage.metadata.commit(mutations, attachments: (0..<20).map { payload(600, seed: UInt8($0)) })
        }
        try await storage.settle()
        let report = try await storage.compactAll()
        // But for those that came into the segment that was the newest when it began.
        #expect(report.movedRows <= 1_000)
        try await storage.expectSound()
        try await storage.close()
    }
}
