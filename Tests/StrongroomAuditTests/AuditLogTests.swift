import StrongroomCrypto
import StrongroomSimulation
import StrongroomSystem
import Synchronization
import Testing

@testable import StrongroomAudit

@Suite("Many write to the log") struct AuditLogTests {
    @Test("each record is there once, at the index that its writer was told, and they share syncs")
    func concurrency() async throws {
        let fixture = try LogFixture(configuration: AuditLogConfiguration())
        let log = AuditLog(try fixture.open(), clock: ManualClock()) { _ in }
        let before = fixture.disk.statistics[.synchronizeData]
        let indices = try await withThrowingTaskGroup(of: (UInt64, UInt64).self) { group in
            for number in 0..<300 as Range<UInt64> {
                group.addTask { (number, try await log.append(LogFixture.record(number))) }
            }
            var indices: [UInt64: UInt64] = [:]
            for try await (number, index) in group { indices[index] = number }
            return indices
        }
        #expect(indices.count == 300)
        #expect(fixture.disk.statistics[.synchronizeData] - before < 300)
        #expect(log.status.size == 300)
        #expect(try await log.checkpoint().checkpoint.size == 300)
        try await log.close()
        let records = try fixture.records()
        #expect(records.enumerated().allSatisfy { indices[UInt64($0)].map(LogFixture.record) == $1 })
        #expect(try fixture.verify().findings.isEmpty)
        await #expect(throws: AuditError.self) { try await log.append(LogFixture.record(0)) }
        await #expect(throws: AuditError.self) { try await log.checkpoint() }
        try await log.close()
    }

    @Test("checkpoints come by themselves: after so many records, and when their time has come")
    func checkpoints() async throws {
        var configuration = AuditLogConfiguration()
        configuration.recordsPerCheckpointMax = 5
        let fixture = try LogFixture(configuration: configuration)
        let log = AuditLog(try fixture.open(), clock: ManualClock()) { _ in }
        for number in 0..<11 as Range<UInt64> { _ = try await log.append(LogFixture.record(number)) }
        // The last one is signed before the next record is written, at the latest.
        #expect(try #require(try fixture.anchor()).checkpoint.size >= 5)
        try await log.close()

        configuration.checkpointIntervalSeconds = 0
        let prompt = try LogFixture(configuration: configuration)
        let other = AuditLog(try prompt.open(), clock: ManualClock()) { _ in }
        _ = try await other.append(LogFixture.record(0))
        _ = try await other.append(LogFixture.record(1))
        #expect(try #require(try prompt.anchor()).checkpoint.size >= 1)
        try await other.close()
    }

    @Test("a failure reaches every writer of the group, and whoever closes")
    func failures() async throws {
        let fixture = try LogFixture()
        let failures = Mutex(0)
        let log = AuditLog(try fixture.open(), clock: ManualClock()) { _ in failures.withLock { $0 += 1 } }
        _ = try await log.append(LogFixture.record(0))
        fixture.disk.inject(SimulatedFault([.synchronizeData], failures: nil))
        for _ in 0..<3 {
            await #expect(throws: AuditError.self) { try await log.append(LogFixture.record(1)) }
        }
        #expect(log.status.failure != nil)
        #expect(log.status.size == 1)
        for _ in 0..<2 { await #expect(throws: AuditError.self) { try await log.close() } }
        #expect(log.status.failure != nil)
        // Everybody who waited was told, and nobody twice.
        #expect(failures.withLock { $0 } == 0)
    }

    @Test("a failure that nobody waits for is told once")
    func unheardFailures() async throws {
        let fixture = try LogFixture()
        let failures = Monitor(0)
        do {
            let log = AuditLog(try fixture.open(), clock: ManualClock()) { _ in failures.withLock { $0 += 1 } }
            fixture.disk.inject(SimulatedFault([.synchronizeData], failures: nil))
            await #expect(throws: AuditError.self) { try await log.append(LogFixture.record(0)) }
        }
        while failures.withLock({ $0 }) == 0 { await Task.yield() }
        // The lock of the log is free before anybody is told.
        fixture.disk.clearFaults()
        var next = try fixture.open()
        try next.close()
        #expect(failures.withLock { $0 } == 1)
    }

    /// Each record that is answered is followed by another one at once, so that there is always something to write.
    @Test("whoever waits for a checkpoint gets it while others go on writing")
    func checkpointUnderLoad() async throws {
        let fixture = try LogFixture(configuration: AuditLogConfiguration())
        let writer = try fixture.open()
        let queue = Monitor(AuditQueue(writer))
        let last: UInt64 = 99
        @Sendable func answer(_ result: Result<UInt64, AuditError>) {
            guard case .success(let index) = result, index < last else { return }
            queue.withLock { $0.records.append(.init(bytes: LogFixture.record(index + 1), answer: answer)) }
        }
        let result = await withCheckedContinuation {
            (continuation: CheckedContinuation<Result<SignedCheckpoint, AuditError>, Never>) in
            queue.withLock { queue in
                queue.records.append(.init(bytes: LogFixture.record(0), answer: answer))
                queue.checkpoints.append(continuation)
                queue.isClosing = true
            }
            var committer = AuditCommitter(writer, queue, ManualClock()) { _ in }
            committer.run()
        }
        #expect(try result.get().checkpoint.size == 1)
        #expect(queue.withLock { $0.status.size } == last + 1)
        #expect(try fixture.verify().signedCount == last + 1)
    }

    @Test("a log that is let go is signed, and free for the next")
    func letGo() async throws {
        let fixture = try LogFixture()
        do {
            let log = AuditLog(try fixture.open(), clock: ManualClock()) { _ in }
            _ = try await log.append(LogFixture.record(0))
        }
        while (try? fixture.anchor())??.checkpoint.size != 1 { await Task.yield() }
        var next: AuditLogWriter?
        while next == nil {
            next = try? fixture.open()
            await Task.yield()
        }
        #expect(next?.hasUnsigned == false)
    }
}
