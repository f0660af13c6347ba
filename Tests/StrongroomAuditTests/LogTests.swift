import StrongroomCrypto
import StrongroomSimulation
import StrongroomSystem
import Testing

@testable import StrongroomAudit

@Suite("The log") struct LogTests {
    private func wanted(_ count: UInt64) -> [[UInt8]] { (0..<count).map { LogFixture.record($0) } }

    @Test("records are there again, in order, over many segments; a log that goes on is one log")
    func reopening() throws {
        let fixture = try LogFixture()
        var origins: Set<String> = []
        for count in [0, 1, 5, 6, 30, 31, 90] as [UInt64] {
            var log = try fixture.open()
            origins.insert(log.origin)
            try LogFixture.fill(&log, to: count)
            try log.close()
            #expect(try fixture.records() == wanted(count))
            let report = try fixture.verify()
            #expect(report.findings.isEmpty, "\(report.findings)")
            #expect(report.signedCount == count && report.recordCount == count && report.tornBytes == 0)
            #expect(try fixture.anchor()?.checkpoint.size == count)
        }
        #expect(origins.count == 1)
        #expect(try fixture.reader.segments().count > 3)
    }

    @Test("a log that was not closed is signed by whoever opens it next")
    func withoutClosing() throws {
        var fixture = try LogFixture()
        var log = try fixture.open()
        _ = try log.append((0..<3).map { LogFixture.record($0) })
        #expect(try fixture.verify().signedCount == 0)
        fixture.disk = fixture.disk.kill(seed: 1)
        log = try fixture.open()
        #expect(log.size == 3 && log.hasUnsigned)
        #expect(try log.checkpoint().checkpoint.size == 3)
        #expect(try log.checkpoint() == log.newest)
        #expect(try fixture.verify().signedCount == 3)
    }

    @Test("one at a time writes")
    func lock() throws {
        let fixture = try LogFixture()
        var log = try fixture.open()
        #expect(auditError { _ = try fixture.open() }?.code == .locked)
        try log.close()
        #expect(auditError { _ = try log.append([LogFixture.record(0)]) }?.code == .closed)
        log = try fixture.open()
        try log.close()
    }

    @Test("a log is gone on with by its own key only")
    func otherKey() throws {
        let fixture = try LogFixture.closed(5)
        #expect(auditError { _ = try fixture.open(seed: 8) } != nil)
        var log = try fixture.open()
        try log.close()
    }

    @Test("what is missing, older or another is not gone on with")
    func refusals() throws {
        let full = try LogFixture.closed(30)
        let older = try LogFixture.closed(8)
        let anchor = full.disk.contents(of: LogFixture.files.anchor)
        let olderSegment = older.disk.contents(of: LogFixture.segment())

        var fixture = try LogFixture.closed(30)
        try fixture.disk.remove(LogFixture.files.anchor)
        #expect(auditError { _ = try fixture.open() }?.code == .damaged)

        fixture = try LogFixture()
        try fixture.replace(LogFixture.files.anchor, with: anchor)
        #expect(auditError { _ = try fixture.open() }?.code == .damaged)

        fixture = try LogFixture.closed(30)
        for first in try fixture.reader.segments().dropFirst() { try fixture.disk.remove(LogFixture.segment(first)) }
        try fixture.replace(LogFixture.segment(), with: olderSegment)
        #expect(auditError { _ = try fixture.open() }?.code == .damaged)
        #expect(try fixture.verify().findings.map(\.kind) == [.tailMissing])
    }

    @Test("every damage of the end that a checkpoint covers keeps the log from going on")
    func damagedEnd() throws {
        let fixture = try LogFixture.closed(12, configuration: AuditLogConfiguration())
        let path = LogFixture.segment()
        let bytes = fixture.disk.contents(of: path)
        let forgery = try SegmentForgery(bytes)
        let end = forgery.encoded().count - AuditFrameHeader.sizeBytes - (forgery.frames.last?.body.count ?? 0)
        for offset in stride(from: 0, to: end, by: 7) {
            fixture.disk.overwrite(path, at: UInt64(offset), with: [bytes[offset] ^ 0x20])
            #expect(auditError { _ = try fixture.open() } != nil, "byte \(offset)")
            fixture.disk.overwrite(path, at: UInt64(offset), with: [bytes[offset]])
        }
        var log = try fixture.open()
        try log.close()
    }

    // MARK: Faults

    @Test("after a sync that failed nothing is written any more, and an opening has what was acknowledged")
    func poison() throws {
        var fixture = try LogFixture()
        var log = try fixture.open()
        _ = try log.append([LogFixture.record(0)])
        fixture.disk.inject(SimulatedFault([.synchronizeData], pathSuffix: ".audit"))
        let failure = auditError { _ = try log.append([LogFixture.record(1)]) }
        #expect(failure?.code == .unavailable)
        #expect(log.isPoisoned)
        #expect(auditError { _ = try log.append([LogFixture.record(1)]) }?.code == .unavailable)
        #expect(auditError { _ = try log.checkpoint() }?.code == .unavailable)
        #expect(auditError { try log.close() }?.code == .unavailable)
        fixture.disk = fixture.disk.crash(seed: 4)
        log = try fixture.open()
        #expect(try fixture.records().first == LogFixture.record(0))
    }

    @Test("a full disk fails the call, and not the log; what it reserved before is used up first")
    func fullDisk() throws {
        let fixture = try LogFixture()
        var log = try fixture.open()
        _ = try log.append([LogFixture.record(0)])
        fixture.disk.setCapacity(bytes: 0)
        var written: UInt64 = 1
        var failure: AuditError?
        while failure == nil {
            failure = auditError { _ = try log.append([LogFixture.record(written)]) }
            if failure == nil { written += 1 }
        }
        #expect(failure?.code == .unavailable)
        #expect(written > 1 && !log.isPoisoned)
        #expect(auditError { _ = try log.append([LogFixture.record(written)]) }?.code == .unavailable)
        fixture.disk.setCapacity(bytes: nil)
        try LogFixture.fill(&log, to: 40)
        try log.close()
        #expect(try fixture.records() == wanted(40))
        #expect(try fixture.verify().findings.isEmpty)
    }

    /// A write that failed for want of space may have written whole frames: of calls that were told that they failed.
    @Test("what a failed write left behind is not taken for records")
    func leftovers() throws {
        let fixture = try LogFixture()
        var log = try fixture.open()
        _ = try log.append([LogFixture.record(0)])
        for round in 1...20 as ClosedRange<UInt64> {
            fixture.disk.inject(SimulatedFault([.synchronizeData], pathSuffix: ".audit", code: .diskFull))
            _ = auditError { _ = try log.append((round..<round + 4).map { LogFixture.record($0) }) }
            _ = try log.append([LogFixture.record(round)])
            #expect(try fixture.records() == wanted(round + 1))
        }
    }

    @Test("without its anchor the log does not go on, and with it it does")
    func anchorFails() throws {
        let fixture = try LogFixture()
        var log = try fixture.open()
        _ = try log.append([LogFixture.record(0)])
        fixture.disk.inject(SimulatedFault([.rename], pathSuffix: "anchor.new", failures: 2))
        #expect(auditError { _ = try log.checkpoint() }?.code == .unavailable)
        #expect(auditError { _ = try log.append([LogFixture.record(1)]) }?.code == .unavailable)
        _ = try log.append([LogFixture.record(1)])
        try log.close()
        #expect(try fixture.records() == wanted(2))
        #expect(try fixture.anchor()?.checkpoint.size == 2)
    }
}
