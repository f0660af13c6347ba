import StrongroomSimulation
import StrongroomSystem
import Testing

@testable import StrongroomAudit

@Suite("Verifying") struct VerifierTests {
    private static let count: UInt64 = 14
    private let fixture: LogFixture
    private let bytes: [UInt8]
    private let end: Int
    private let path = LogFixture.segment()

    init() throws {
        var configuration = AuditLogConfiguration()
        configuration.reservedBytes = 256
        fixture = try LogFixture.closed(Self.count, configuration: configuration)
        bytes = fixture.disk.contents(of: path)
        end = try SegmentForgery(bytes).encoded().count
    }

    /// Offset and size of each frame, and which record it is; nil for a checkpoint.
    private func layout() throws -> [(range: Range<Int>, record: UInt64?)] {
        var scanner = SegmentScanner(bytes, salt: try SegmentForgery(bytes).header.salt)
        var frames: [(Range<Int>, UInt64?)] = []
        while case .frame(let frame) = scanner.next() {
            frames.append((frame.offset..<scanner.position, frame.kind == .record ? frame.index : nil))
        }
        return frames
    }

    private func report(_ changed: [UInt8]) throws -> AuditReport {
        var verification = AuditVerification(key: try fixture.reader.key(), anchor: try fixture.anchor())
        verification.read(changed, named: 0, isLast: true)
        return verification.finished()
    }

    private func report(_ change: (inout SegmentForgery) -> Void) throws -> AuditReport {
        var forgery = try SegmentForgery(bytes)
        change(&forgery)
        return try report(forgery.encoded())
    }

    @Test("an untouched log has no findings")
    func untouched() throws {
        #expect(try report(bytes).findings.isEmpty)
        #expect(try report { _ in }.findings.isEmpty)
        #expect(try report(bytes).signedCount == Self.count)
    }

    // MARK: The file, byte by byte

    @Test("every byte that is flipped is found, and the record named in which it stands")
    func flips() throws {
        let frames = try layout()
        // One checksum covers the header, so that a part of its bytes says enough.
        let header = stride(from: 0, to: AuditSegmentHeader.regionBytes, by: 13)
        for offset in Array(header) + Array(AuditSegmentHeader.regionBytes..<bytes.count) {
            var changed = bytes
            changed[offset] ^= UInt8(1) << UInt8(offset % 8)
            let report = try report(changed)
            #expect(!report.findings.isEmpty || report.tornBytes > 0, "byte \(offset)")
            if let record = frames.first(where: { $0.range.contains(offset) })?.record {
                let named = report.findings.filter { $0.kind == .altered }.map(\.records)
                #expect(named == [record..<record + 1], "byte \(offset) of record \(record): \(report.findings)")
            }
        }
    }

    @Test("every cut of the end is found, and says how many records are missing")
    func cuts() throws {
        let frames = try layout()
        let lengths = Array(stride(from: 0, to: end, by: 5)) + frames.map(\.range.lowerBound)
        for length in lengths {
            let report = try report(Array(bytes[..<length]))
            let whole = frames.prefix { $0.range.upperBound <= length }
            let records = UInt64(whole.count { $0.record != nil })
            #expect(!report.findings.isEmpty, "\(length) bytes")
            if records < Self.count, length > AuditSegmentHeader.regionBytes {
                let missing = report.findings.filter { $0.kind == .tailMissing }.map(\.records)
                #expect(missing == [records..<Self.count], "\(length) bytes: \(report.findings)")
            }
        }
    }

    @Test("bytes that are put in or taken out are found, wherever it is")
    func shifts() throws {
        for offset in stride(from: 0, to: end, by: 5) {
            var changed = bytes
            changed.insert(0x5A, at: offset)
            #expect(try !report(changed).findings.isEmpty, "a byte more at \(offset)")
            changed = bytes
            changed.remove(at: offset)
            let report = try report(changed)
            #expect(!report.findings.isEmpty || report.tornBytes > 0, "a byte less at \(offset)")
        }
    }

    @Test("frames that change places, are taken out or come twice are named")
    func wholeFrames() throws {
        let frames = try layout()
        for (place, frame) in frames.enumerated() {
            guard let record = frame.record else { continue }
            var changed = bytes
            changed.removeSubrange(frame.range)
            var report = try report(changed)
            #expect(report.findings.map(\.records).contains { $0.contains(record) }, "\(report.findings)")

            changed = bytes
            changed.insert(contentsOf: bytes[frame.range], at: frame.range.upperBound)
            report = try self.report(changed)
            #expect(!report.findings.isEmpty, "record \(record) twice")

            guard place + 1 < frames.count, let next = frames[place + 1].record else { continue }
            let following = frames[place + 1].range
            changed = bytes
            changed.replaceSubrange(
                frame.range.lowerBound..<following.upperBound, with: bytes[following] + bytes[frame.range])
            report = try self.report(changed)
            #expect(report.findings.map(\.kind) == [.reordered])
            #expect(report.findings.map(\.records) == [record..<next + 1])
        }
    }

    // MARK: Forgeries with all checksums right

    @Test("a record that was rewritten is named")
    func rewritten() throws {
        let places = try SegmentForgery(bytes).recordPlaces
        try #require(!places.isEmpty)
        for place in places.enumerated() {
            let report = try report { $0.frames[place.element].body[20] ^= 1 }
            let record = UInt64(place.offset)
            #expect(report.findings.map(\.kind) == [.altered], "\(report.findings)")
            #expect(report.findings.map(\.records) == [record..<record + 1])
        }
    }

    @Test("a record that was taken out is named")
    func removed() throws {
        let places = try SegmentForgery(bytes).recordPlaces
        try #require(!places.isEmpty)
        for place in places.enumerated() {
            let report = try report { $0.frames.remove(at: place.element) }
            let record = UInt64(place.offset)
            #expect(report.findings.map(\.kind) == [.missing], "\(report.findings)")
            #expect(report.findings.map(\.records) == [record..<record + 1])
        }
    }

    @Test("a record that was put in is named by its place")
    func inserted() throws {
        let places = try SegmentForgery(bytes).recordPlaces
        try #require(!places.isEmpty)
        for place in places.enumerated() {
            let report = try report { $0.frames.insert((.record, Array("{}".utf8)), at: place.element) }
            let record = UInt64(place.offset)
            #expect(report.findings.map(\.kind) == [.inserted], "\(report.findings)")
            #expect(report.findings.map(\.records) == [record..<record + 1])
        }
    }

    @Test("records that changed places within and across checkpoints are named")
    func swapped() throws {
        let places = try SegmentForgery(bytes).recordPlaces
        for first in places.indices {
            for second in places.indices where second > first {
                let report = try report { $0.frames.swapAt(places[first], places[second]) }
                let named = Set(report.findings.flatMap(\.records))
                #expect(
                    named.isSuperset(of: [UInt64(first), UInt64(second)]), "\(first), \(second): \(report.findings)")
                // Four records lie between two checkpoints.
                if first / 4 == second / 4 {
                    #expect(report.findings.map(\.kind) == [.reordered])
                } else {
                    #expect(report.findings.map(\.kind) == [.altered, .altered])
                }
            }
        }
    }

    @Test("checkpoints that were taken out, forged or exchanged are found, and so is what they should hide")
    func checkpoints() throws {
        let places = try SegmentForgery(bytes).frames.enumerated().filter { $0.element.kind == .checkpoint }
        // Without one of them, the next one covers its records, too.
        for place in places.dropFirst().dropLast() {
            #expect(try report { $0.frames.remove(at: place.offset) }.findings.isEmpty)
        }
        #expect(try report { $0.frames.removeLast() }.findings.map(\.kind) == [.checkpointInvalid])
        let hidden = try report { forgery in
            forgery.frames.removeAll { $0.kind == .checkpoint }
            forgery.frames[3].body[20] ^= 1
        }
        #expect(hidden.findings.map(\.kind).contains(.altered))

        let mallory = try AuditSigner(seed: try LogFixture.seed(9), origin: try fixture.reader.key().name)
        let forged = try report { forgery in
            var tree = MerkleFrontier()
            for (place, frame) in forgery.frames.enumerated() {
                if frame.kind == .record {
                    if tree.size == 3 { forgery.frames[place].body[20] ^= 1 }
                    tree.append(.leaf(forgery.frames[place].body))
                } else if let body = CheckpointFrame(frame.body) {
                    let checkpoint = Checkpoint(origin: mallory.key.name, size: tree.size, root: tree.root)
                    guard let note = try? SignedCheckpoint(signing: checkpoint, by: mallory).note else { continue }
                    forgery.frames[place].body = CheckpointFrame(hashes: body.hashes, note: note).encoded()
                }
            }
        }
        #expect(forged.findings.map(\.kind).contains(.checkpointInvalid))
    }

    @Test("a header that counts more records than can be is damaged, and what follows it is read to its end")
    func impossibleCounts() throws {
        let key = try fixture.reader.key()
        for size in [UInt64.max, 1 << 63, AuditSegmentHeader.firstIndexMax + 1, AuditSegmentHeader.firstIndexMax] {
            let hashes = (0..<size.nonzeroBitCount).map { MerkleHash.leaf([UInt8($0)]) }
            let before = try #require(MerkleFrontier(size: size, hashes: hashes))
            var bytes = AuditSegmentHeader(origin: key.name, salt: 5, before: before).encoded()
            if size > AuditSegmentHeader.firstIndexMax {
                try #require(throws: AuditSegmentHeader.Failure.damaged) { try AuditSegmentHeader(bytes) }
            }
            for record in 0..<3 as Range<UInt64> {
                AuditFrameHeader.append(
                    .record, index: size &+ record, durableEnd: bytes.count, salt: 5, body: LogFixture.record(record),
                    to: &bytes)
            }
            var verification = AuditVerification(key: key, anchor: try fixture.anchor())
            verification.read(bytes, named: size, isLast: true)
            #expect(!verification.finished().findings.isEmpty)
        }
    }

    // MARK: Files

    @Test("a checkpoint of any age that was kept is met, beside the anchor, which must still be the newest")
    func kept() throws {
        let (log, other) = (try Log(records: 0..<6), try Log(records: 100..<106))
        for checkpoint in log.checkpoints {
            let report = try log.fixture.verify(kept: checkpoint)
            #expect(report.findings.isEmpty, "\(report.findings)")
        }
        for checkpoint in other.checkpoints.dropFirst() {
            #expect(try log.fixture.verify(kept: checkpoint).findings.map(\.kind) == [.rewritten])
        }
        // The log is cut behind a checkpoint that was kept: the anchor knows of more.
        try log.fixture.replace(path, with: log.states[4])
        #expect(try log.fixture.verify(kept: log.checkpoints[3]).findings.map(\.kind) == [.tailMissing])
        // With an anchor that fits, whoever has kept a later one does.
        try log.fixture.replace(LogFixture.files.anchor, with: Array(log.checkpoints[4].note.utf8))
        #expect(try log.fixture.verify(kept: log.checkpoints[3]).findings.isEmpty)
        #expect(try log.fixture.verify(kept: log.checkpoints[5]).findings.map(\.kind) == [.tailMissing])
        // An older anchor is told from the newest, whatever was kept.
        try log.fixture.replace(path, with: log.states[6])
        for checkpoint in log.checkpoints {
            #expect(try log.fixture.verify(kept: checkpoint).findings.map(\.kind) == [.anchorBehind])
        }
    }

    /// A log with a checkpoint after each record, and how its file was at each of them.
    private struct Log {
        let fixture: LogFixture
        private(set) var checkpoints: [SignedCheckpoint] = []
        private(set) var states: [[UInt8]] = []

        init(records: Range<UInt64>) throws {
            fixture = try LogFixture(configuration: AuditLogConfiguration())
            var log = try fixture.open()
            for record in records {
                checkpoints.append(try log.checkpoint())
                states.append(fixture.disk.contents(of: LogFixture.segment()))
                _ = try log.append([LogFixture.record(record)])
            }
            checkpoints.append(try log.checkpoint())
            states.append(fixture.disk.contents(of: LogFixture.segment()))
            try log.close()
        }
    }

    @Test("an older copy in the place of the log is found by the anchor; an older anchor by the log")
    func rollback() throws {
        let old = try LogFixture.closed(8, configuration: fixture.configuration)
        try fixture.replace(path, with: old.disk.contents(of: path))
        var report = try fixture.verify()
        #expect(report.findings.map(\.kind) == [.tailMissing])
        #expect(report.findings.map(\.records) == [8..<Self.count])

        try fixture.replace(path, with: bytes)
        try fixture.replace(LogFixture.files.anchor, with: old.disk.contents(of: LogFixture.files.anchor))
        report = try fixture.verify()
        #expect(report.findings.map(\.kind) == [.anchorBehind])
    }

    @Test("another log of the same name and key is found by the anchor")
    func fork() throws {
        let other = try LogFixture(configuration: fixture.configuration)
        var log = try other.open()
        for index in 0..<Self.count {
            _ = try log.append([LogFixture.record(index + 100)])
            if (index + 1).isMultiple(of: 4) { _ = try log.checkpoint() }
        }
        try log.close()
        #expect(try fixture.reader.key() == other.reader.key())
        try fixture.replace(path, with: other.disk.contents(of: path))
        #expect(try fixture.verify().findings.map(\.kind) == [.rewritten])
    }

    @Test("of many segments, the one that is missing or damaged is named, and the others are still checked")
    func segments() throws {
        for victim in 0..<4 {
            let fixture = try LogFixture.closed(90)
            let segments = try fixture.reader.segments()
            try #require(segments.count > 4)
            let bytes = fixture.disk.contents(of: LogFixture.segment(segments[victim]))
            try fixture.disk.remove(LogFixture.segment(segments[victim]))
            var report = try fixture.verify()
            #expect(report.findings.map(\.kind) == [.missing], "\(report.findings)")
            #expect(report.findings.map(\.records) == [segments[victim]..<segments[victim + 1]])
            #expect(report.signedCount == 90)

            var damaged = bytes
            damaged[100] ^= 1
            try fixture.replace(LogFixture.segment(segments[victim]), with: damaged)
            report = try fixture.verify()
            #expect(report.findings.map(\.kind) == [.headerInvalid], "\(report.findings)")

            let next = fixture.disk.contents(of: LogFixture.segment(segments[victim + 1]))
            try fixture.replace(LogFixture.segment(segments[victim]), with: next)
            try fixture.replace(LogFixture.segment(segments[victim + 1]), with: bytes)
            #expect(try !fixture.verify().findings.isEmpty)
        }
    }
}
