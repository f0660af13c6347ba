import StrongroomCrypto
import StrongroomSimulation
import StrongroomSystem
import StrongroomTestSupport
import Testing

@testable import StrongroomAudit

/// A log that crashes again and again, beside what its writers were told.
private struct LogModel {
    var fixture: LogFixture
    var log: AuditLogWriter
    var acknowledged: [[UInt8]] = []
    /// Written last, and not acknowledged: each may be there or not.
    var attempted: [[UInt8]] = []
    var signed: UInt64 = 0
    var generator: SeededGenerator

    init(seed: UInt64) throws {
        fixture = try LogFixture(seed: seed)
        generator = SeededGenerator(seed: seed)
        log = try fixture.open()
    }

    mutating func append() throws(AuditError) {
        let count = Int.random(in: 1...5, using: &generator)
        attempted = (0..<count).map { _ in
            let number = generator.next()
            return LogFixture.record(number) + [UInt8](repeating: 0x20, count: Int(number % 700))
        }
        _ = try log.append(attempted)
        acknowledged += attempted
        attempted = []
    }

    mutating func checkpoint() throws(AuditError) {
        signed = try log.checkpoint().checkpoint.size
    }

    /// Opens what is there, and holds it against what was said.
    mutating func reopen(_ disk: SimulatedFileSystem) throws {
        fixture.disk = disk
        log = try fixture.open()
        try check()
    }

    mutating func check() throws {
        let found = try fixture.records()
        #expect(found.starts(with: acknowledged), "a record that was acknowledged is missing or half")
        #expect(acknowledged.count + attempted.count >= found.count)
        #expect(found.dropFirst(acknowledged.count).elementsEqual(attempted.prefix(found.count - acknowledged.count)))
        #expect(log.size == UInt64(found.count))
        let report = try fixture.verify()
        #expect(report.findings.isEmpty, "a crash is taken for damage: \(report.findings)")
        #expect(report.signedCount >= signed)
        (acknowledged, attempted) = (found, [])
    }
}

@Suite("Crashes of the log") struct CrashTests {
    @Test(
        "what was acknowledged survives every crash, whole, and a crash is no damage",
        arguments: Repetitions.some(of: 0..<40 as Range<UInt64>))
    func crashes(seed: UInt64) throws {
        var model = try LogModel(seed: seed)
        for _ in 0..<40 {
            switch model.generator.next(upperBound: 10 as UInt64) {
            case 0..<5: try model.append()
            case 5, 6: try model.checkpoint()
            case 7:
                try model.log.close()
                try model.reopen(model.fixture.disk.kill(seed: seed))
            case 8: try model.reopen(model.fixture.disk.kill(seed: seed))
            default: try model.reopen(model.fixture.disk.crash(seed: model.generator.next()))
            }
        }
    }

    @Test("power may fail before each change of the disk", arguments: Repetitions.some(of: 0..<40 as Range<UInt64>))
    func powerFailures(seed: UInt64) throws {
        var model = try LogModel(seed: seed)
        for _ in 0..<15 {
            model.fixture.disk.failPower(afterMutations: Int.random(in: 0...30, using: &model.generator))
            do throws(AuditError) {
                while true {
                    try model.append()
                    if model.generator.chance(1, in: 3) { try model.checkpoint() }
                }
            } catch {
                #expect(error.code == .unavailable)
            }
            var disk = model.fixture.disk.crash(seed: model.generator.next())
            // The opening itself is interrupted, too.
            disk.failPower(afterMutations: Int.random(in: 0...6, using: &model.generator))
            model.fixture.disk = disk
            if (try? model.fixture.open()) == nil {
                disk = disk.crash(seed: model.generator.next())
            } else {
                disk = disk.kill(seed: 1)
            }
            try model.reopen(disk)
        }
    }

    @Test("the making of a log may be interrupted anywhere", arguments: 0..<20)
    func creation(mutations: Int) throws {
        for seed in 0..<8 as Range<UInt64> {
            var fixture = try LogFixture(seed: seed)
            fixture.disk.failPower(afterMutations: mutations)
            _ = try? fixture.open()
            fixture.disk = fixture.disk.crash(seed: seed)
            var log = try fixture.open()
            try LogFixture.fill(&log, to: 3)
            try log.close()
            #expect(try fixture.verify() == AuditReport(recordCount: 3, checkpointCount: 2, signedCount: 3))
        }
    }

    /// The control: on a disk whose syncs do nothing acknowledged records must be missed, else the checks above
    /// prove nothing.
    @Test("a disk that lies is found out")
    func lyingDisk() throws {
        var losses = 0
        for seed in 0..<20 as Range<UInt64> {
            let disk = SimulatedFileSystem(seed: seed, synchronizes: false)
            try disk.createDirectory(LogFixture.files.anchorFolder)
            var fixture = try LogFixture()
            fixture.disk = disk
            var log = try fixture.open()
            try LogFixture.fill(&log, to: 20)
            fixture.disk = disk.crash(seed: seed)
            if (try? fixture.records().count) != 20 || (try? fixture.open()) == nil { losses += 1 }
        }
        #expect(losses > 10)
    }
}
