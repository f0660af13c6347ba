import StrongroomSimulation
import StrongroomSystem
import Testing

@testable import StrongroomAudit

@Suite("Where a segment ends and the next begins") struct SegmentEndTests {
    /// Small ones still fit a segment that has no room for this.
    private static let large = [UInt8](repeating: 0x20, count: 1_850)

    private static func wanted(_ count: UInt64) -> [[UInt8]] { (0..<count).map { LogFixture.record($0) } }

    /// The next segment was in place, and opening it, or the sync of the folder, failed. The record after that went
    /// into the old segment, was acknowledged, and the next opening began with the new one.
    @Test(
        "what is acknowledged after a new segment could not be begun is there at the next opening",
        arguments: [
            SimulatedFault([.create], pathSuffix: ".audit.new", code: .diskFull),
            SimulatedFault([.rename], pathSuffix: ".audit.new", code: .diskFull),
            SimulatedFault([.synchronizeDirectory], pathSuffix: "/log", code: .diskFull),
            SimulatedFault([.open], pathSuffix: ".audit", code: .descriptorLimit),
        ], [true, false])
    func halfBegun(fault: SimulatedFault, goesOn: Bool) throws {
        for seed in 0..<8 as Range<UInt64> {
            var fixture = try LogFixture(seed: seed)
            var log = try fixture.open()
            try LogFixture.fill(&log, to: 3)
            fixture.disk.inject(fault)
            #expect(auditError { _ = try log.append([Self.large]) }?.code == .unavailable)
            #expect(!log.isPoisoned)
            if goesOn { #expect(try log.append([LogFixture.record(3)]) == 3) } else { try log.close() }
            fixture.disk = fixture.disk.crash(seed: seed)
            log = try fixture.open()
            #expect(log.size == (goesOn ? 4 : 3))
            try LogFixture.fill(&log, to: 6)
            try log.close()
            #expect(try fixture.records() == Self.wanted(6))
            #expect(try fixture.verify().findings.isEmpty)
        }
    }

    /// The frames of a call that was told that it failed stayed behind the last checkpoint: no write came that would
    /// have taken them away.
    @Test(
        "what a failed write left behind is in no segment that has ended, and in no log that was closed",
        arguments: [true, false])
    func leftovers(begins: Bool) throws {
        for seed in 0..<8 as Range<UInt64> {
            var configuration = LogFixture.small
            configuration.reservedBytes = 16_384
            var fixture = try LogFixture(seed: seed, configuration: configuration)
            var log = try fixture.open()
            try LogFixture.fill(&log, to: 4)
            #expect(!log.hasUnsigned)
            fixture.disk.inject(SimulatedFault([.synchronizeData], pathSuffix: ".audit", code: .diskFull))
            #expect(auditError { _ = try log.append([LogFixture.record(4), LogFixture.record(5)]) } != nil)
            if begins { #expect(try log.append([Self.large]) == 4) }
            try log.close()
            let wanted = Self.wanted(4) + (begins ? [Self.large] : [])
            #expect(try fixture.records() == wanted)
            #expect(try fixture.reader.segments().count == (begins ? 2 : 1))
            fixture.disk = fixture.disk.crash(seed: seed)
            log = try fixture.open()
            #expect(log.size == UInt64(wanted.count))
            try log.close()
            #expect(try fixture.records() == wanted)
            let report = try fixture.verify()
            #expect(report.findings.isEmpty && report.tornBytes == 0, "\(report.findings)")
        }
    }

    /// A segment says of itself what stood before it. Where the anchor lay before the segment, nothing was compared,
    /// and the opening signed what somebody without a key had made up.
    @Test(
        "a history that was made up is not signed, whatever its last segment says of it",
        arguments: [0, 5, 12] as [UInt64], [0, 1] as [UInt64])
    func madeUp(genuine: UInt64, following: UInt64) throws {
        let fixture = try LogFixture.closed(12, configuration: AuditLogConfiguration())
        var forgery = try SegmentForgery(fixture.disk.contents(of: LogFixture.segment()))
        let end = forgery.recordPlaces.dropFirst(Int(genuine)).first ?? forgery.frames.count
        forgery.frames.removeSubrange(end...)
        var tree = MerkleFrontier()
        for index in 0..<200 as Range<UInt64> {
            let record = LogFixture.record(index < genuine ? index : index + 1_000)
            if index >= genuine { forgery.frames.append((.record, record)) }
            tree.append(.leaf(record))
        }
        try fixture.replace(LogFixture.segment(), with: forgery.encoded())
        var last = AuditSegmentHeader(origin: forgery.header.origin, salt: 5, before: tree).encoded()
        for index in 0..<following {
            AuditFrameHeader.append(
                .record, index: 200 + index, durableEnd: last.count, salt: 5, body: LogFixture.record(index), to: &last)
        }
        try fixture.replace(LogFixture.segment(200), with: last)
        let anchor = try fixture.anchor()
        #expect(auditError { _ = try fixture.open() }?.code == .damaged)
        #expect(try fixture.anchor() == anchor)
    }
}
