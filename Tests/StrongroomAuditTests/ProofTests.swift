import Foundation
import StrongroomCrypto
import StrongroomSimulation
import Testing

@testable import StrongroomAudit

/// Proofs, as a program checks them that shares no code with this one: `.ci/verify-audit-proof`.
@Suite("Proofs") struct ProofTests {
    private let folder: URL

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "audit-proofs-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    private func write(_ text: String, _ name: String) throws -> String {
        let file = folder.appending(path: name)
        try Data(text.utf8).write(to: file)
        return file.path
    }

    private func isProved(_ arguments: String...) throws -> Bool {
        let script = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: ".ci/verify-audit-proof")
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["python3", script.path] + arguments
        (process.standardOutput, process.standardError) = (FileHandle.nullDevice, FileHandle.nullDevice)
        try process.run()
        process.waitUntilExit()
        try #require([0, 1].contains(process.terminationStatus), "python3 is needed for this test")
        return process.terminationStatus == 0
    }

    private func prover(_ fixture: LogFixture) throws -> AuditProver {
        try AuditProver(fixture.reader, key: try fixture.reader.key())
    }

    @Test("a record's proof is accepted, and no changed one", arguments: [1, 2, 7, 23] as [UInt64])
    func inclusion(count: UInt64) throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let fixture = try LogFixture.closed(count)
        let prover = try prover(fixture)
        let key = try write(try fixture.reader.key().text + "\n", "key")
        for index in [0, count / 2, count - 1] {
            let (record, proof) = try prover.inclusion(of: index)
            #expect(record == LogFixture.record(index))
            let checkpoint = prover.checkpoint.checkpoint
            #expect(proof.isValid(for: .leaf(record), size: checkpoint.size, root: checkpoint.root))
            let text = proof.text(record: record, prover.checkpoint)
            let file = try write(text, "proof")
            #expect(try isProved(key, file))
            #expect(try isProved(key, file, try write(String(decoding: record, as: UTF8.self), "record")))
            #expect(try !isProved(key, file, try write("{}", "record")))
            #expect(
                try !isProved(key, try write(text.replacing("index \(index)", with: "index \(index + 1)"), "proof")))
            let forged = prover.checkpoint.note.replacing("\n\(count)\n", with: "\n\(count + 1)\n")
            #expect(try !isProved(key, try write(text.replacing(prover.checkpoint.note, with: forged), "proof")))
            let other = try AuditSigner(seed: try LogFixture.seed(9), origin: try fixture.reader.key().name)
            #expect(try !isProved(try write(other.key.text, "other"), file))
        }
        #expect(throws: AuditError.self) { try prover.inclusion(of: count) }
    }

    @Test(
        "that a log has only grown is accepted, and of no other log",
        arguments: [(3, 7), (4, 8), (6, 6), (0, 5), (8, 21)])
    func consistency(old: UInt64, new: UInt64) throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let fixture = try LogFixture()
        var log = try fixture.open()
        _ = try log.append((0..<max(old, 1)).prefix(Int(old)).map { LogFixture.record($0) })
        let before = try log.checkpoint()
        while log.size < new { _ = try log.append([LogFixture.record(log.size)]) }
        try log.close()
        let prover = try prover(fixture)
        let proof = try prover.consistency(since: old)
        let checkpoint = prover.checkpoint.checkpoint
        #expect(proof.isValid(oldRoot: before.checkpoint.root, size: checkpoint.size, root: checkpoint.root))

        let key = try write(try fixture.reader.key().text, "key")
        let text = proof.text(prover.checkpoint)
        let oldNote = try write(before.note, "old")
        #expect(try isProved(key, try write(text, "proof"), "--since", oldNote))
        #expect(
            try !isProved(
                key, try write(text.replacing("old \(old)", with: "old \(old + 1)"), "proof"), "--since", oldNote))

        let other = try LogFixture()
        var fork = try other.open()
        _ = try fork.append((0..<max(old, 1)).map { LogFixture.record($0 + 50) })
        let elsewhere = try fork.checkpoint()
        try fork.close()
        if old > 0 {
            #expect(try !isProved(key, try write(text, "proof"), "--since", try write(elsewhere.note, "old")))
        }
        #expect(throws: AuditError.self) { try prover.consistency(since: new + 1) }
    }

    @Test("nothing is proved of a log that was changed")
    func damaged() throws {
        let fixture = try LogFixture.closed(9)
        let bytes = fixture.disk.contents(of: LogFixture.segment())
        let place = try #require(bytes.firstRange(of: LogFixture.record(3)))
        fixture.disk.damage(LogFixture.segment(), at: UInt64(place.lowerBound))
        #expect(throws: AuditError.self) { try prover(fixture).inclusion(of: 5) }
    }
}
