import Foundation
import Glibc
import StrongroomAudit
import StrongroomKeys
import StrongroomSimulation
import StrongroomSystem
import StrongroomTestSupport
import Synchronization
import SystemPackage
import Testing

@testable import StrongroomGlacierKeys
@testable import StrongroomKeyring

/// What a disk that fails, a crash and a full disk do to the archive's trail: what was released, and what was changed,
/// has its record.
@Suite struct GlacierAuditFaultTests {
    @Test func withoutATrailNothingIsReleasedAndNothingChanges() async throws {
        var audited = try AuditedArchive()
        let archive = audited.archive
        let instance = try await audited.open(creates: true)
        let keys = ArchiveKeys(instance)
        let sealed = try await keys.seal([1], boundTo: [1]).bytes
        let wrapped = try await instance.generateDataKey(DataKeyRequest()).wrapped
        _ = try await keys.rotateEpoch()
        let document = try TestFile.read(archive.document)
        audited.trail.disk.inject(SimulatedFault([.synchronizeData], failures: nil))
        let calls: [() async throws -> Void] = [
            { _ = try await instance.generateDataKey(DataKeyRequest()) },
            { _ = try await instance.unwrap(wrapped, for: UnwrapRequest()) },
            { _ = try await instance.rewrap(wrapped, for: RewrapRequest()) },
            { _ = try await instance.describe(DescribeRequest()) }, { _ = try await archive.status(instance) },
            { _ = try await keys.seal([1], boundTo: [1]) }, { _ = try await keys.open(sealed, boundTo: [1]) },
            { _ = try await keys.reseal(sealed, boundTo: [1]) }, { _ = try await keys.rotateEpoch() },
            { _ = try await keys.shredReceipt(of: 1) }, { _ = try await keys.open(sealed, boundTo: [2]) },
            {
                _ = try await keys.destroyEpoch(
                    1, confirmation: try archive.confirmation(1), acceptingUnknownDependencies: true)
            },
        ]
        for (index, call) in calls.enumerated() {
            #expect(try await backendCode(call) == .auditUnavailable, "call \(index)")
        }
        #expect(try await keys.auditStatus()?.failure != nil)
        #expect(try TestFile.read(archive.document) == document)
        try await instance.close()
        audited.trail.disk = audited.trail.disk.crash(seed: 3)
        let after = try await audited.open()
        #expect(try await ArchiveKeys(after).open(sealed, boundTo: [1]) == [1])
        #expect(try await after.describe(DescribeRequest()).currentVersion == "2")
        try await after.close()
    }

    /// As the service does (`KeyAuditTests`): both say so by the same words.
    @Test func aKeyringWhoseTrailCannotBeMadeStaysAndIsOpenedLater() async throws {
        let audited = try AuditedArchive()
        audited.trail.disk.inject(SimulatedFault([.create], failures: nil))
        let error = await #expect(throws: KeyBackendError.self) { _ = try await audited.open(creates: true) }
        #expect(error?.code == .auditUnavailable)
        #expect(error?.message.contains("The keyring \(audited.archive.inner) has been made and stays") == true)
        #expect(error?.message.contains("open the keyring instead of making one") == true)
        audited.trail.disk.clearFaults()
        #expect(try await backendCode { _ = try await audited.open(creates: true) } == .keyringExists)
        let instance = try await audited.open()
        let keys = ArchiveKeys(instance)
        let sealed = try await keys.seal([1], boundTo: [1]).bytes
        #expect(try await keys.open(sealed, boundTo: [1]) == [1])
        try await instance.close()
        #expect(try audited.records().count == 2)
        #expect(try audited.trail.verify().findings.isEmpty)
    }

    @Test func aFullDiskStopsTheArchiveOnlyWhileItIsFull() async throws {
        let audited = try AuditedArchive()
        let instance = try await audited.open(creates: true)
        let keys = ArchiveKeys(instance)
        let sealed = try await keys.seal([1], boundTo: [1]).bytes
        audited.trail.disk.setCapacity(bytes: 0)
        var released = 1
        while try await backendCode({ _ = try await keys.open(sealed, boundTo: [1]) }) == nil { released += 1 }
        #expect(try await backendCode { _ = try await keys.open(sealed, boundTo: [1]) } == .auditUnavailable)
        #expect(try await backendCode { _ = try await keys.rotateEpoch() } == .auditUnavailable)
        audited.trail.disk.setCapacity(bytes: nil)
        #expect(try await keys.rotateEpoch() == 2)
        _ = try await keys.open(sealed, boundTo: [1])
        try await instance.close()
        #expect(try audited.records().filter { $0["errorCode"] == nil }.count == released + 2)
        #expect(try audited.trail.verify().findings.isEmpty)
    }

    /// The keyring is on a disk that does not fail: what it holds afterwards was recorded before.
    @Test(arguments: Repetitions.some(of: 0..<24 as Range<UInt64>))
    func afterAPowerFailureWhatWasReleasedHasItsRecord(seed: UInt64) async throws {
        var audited = try AuditedArchive(seed: seed)
        var instance = try await audited.open(creates: true)
        var generator = SeededGenerator(seed: seed)
        var released: Set<String> = []
        var number = 0
        for _ in 0..<4 {
            audited.trail.disk.failPower(afterMutations: Int.random(in: 0...24, using: &generator))
            var isOn = true
            while isOn {
                number += 1
                let context = KeyRequestContext(requestID: "request-\(number)")
                let failure = try await backendCode { try await Self.call(number, instance, audited, context) }
                if failure == nil { released.insert(context.requestID) }
                isOn = failure == nil
            }
            let disk = audited.trail.disk.crash(seed: generator.next())
            try await instance.close()
            audited.trail.disk = disk
            instance = try await audited.open()
            let recorded = Set(try audited.records().compactMap { $0["requestID"] as? String })
            #expect(recorded.isSuperset(of: released))
            #expect(try audited.trail.verify().findings.isEmpty)
            #expect(try audited.epochs().count - 1 <= audited.records(.rotateEpoch).count)
            #expect(try audited.recordedReceiptHashes().isSuperset(of: audited.receiptHashes()))
        }
        #expect(!released.isEmpty)
        try await instance.close()
    }

    private static func call(
        _ number: Int, _ instance: KeyBackendInstance, _ audited: AuditedArchive, _ context: KeyRequestContext
    ) async throws {
        let keys = ArchiveKeys(instance, context: context)
        switch number % 5 {
        case 0: _ = try await keys.rotateEpoch()
        case 1: _ = try await instance.generateDataKey(DataKeyRequest(context: context))
        case 2:
            let epochs = try audited.epochs()
            guard let retired = epochs.dropLast().first(where: { !$0.isDestroyed }) else {
                _ = try await keys.seal([2], boundTo: [2])
                return
            }
            _ = try await keys.destroyEpoch(
                retired.number, confirmation: try audited.archive.confirmation(retired.number),
                acceptingUnknownDependencies: true)
        default: _ = try await keys.seal([1], boundTo: [1])
        }
    }

    /// A process is killed at any time while it seals, begins epochs and destroys them, and says what it was given.
    @Test(arguments: 0..<8) func aKillAtAnyPointLeavesARecordOfWhatWasReleased(_ round: Int) async throws {
        let archive = GlacierTestArchive()
        try GlacierKeys.initialize(keyring: archive.keyring)
        let told = archive.folder.path.appending("told")
        try TestFile.write([], to: told)
        let (path, output, microseconds) = (archive.keyring.string, told.string, UInt32(2000 + round * 9100))
        let id = try #require(try archive.confirmation(1).split(separator: " ").last.map(String.init))
        await #expect(processExitsWith: .signal(SIGKILL)) {
            [path = path as String, output = output as String, id = id as String, microseconds = microseconds as UInt32]
            in
            let instance = try await KeyBackendInstance.open(
                GlacierKeys.table, configuration: GlacierKeys.configuration(keyring: FilePath(path)))
            let file = try FileDescriptor.open(FilePath(output), .writeOnly, options: .append)
            _ = DedicatedThread(name: "killer") {
                usleep(microseconds)
                kill(getpid(), SIGKILL)
            }
            var number = 0
            while true {
                number += 1
                let keys = ArchiveKeys(instance, context: KeyRequestContext(requestID: "request-\(number)"))
                if number % 3 != 0 {
                    _ = try await keys.seal([1], boundTo: [1])
                } else if number % 2 == 0 {
                    _ = try await keys.rotateEpoch()
                } else if number > 6 {
                    let epoch = UInt32(number / 6)
                    _ = try await keys.destroyEpoch(
                        epoch, confirmation: "destroy epoch \(epoch) of \(id)", acceptingUnknownDependencies: true)
                } else {
                    continue
                }
                try file.writeAll("request-\(number)\n".utf8)
            }
        }
        // Opens what the kill has left.
        let instance = try await archive.open()
        try await instance.close()
        let reader = AuditLogReader(
            AuditFiles(folder: archive.inner.appending("audit"), anchorFolder: archive.inner),
            fileSystem: PosixFileSystem())
        let records = try SimulatedTrail.records(reader)
        let recorded = Set(records.compactMap { $0["requestID"] as? String })
        let released = String(decoding: try TestFile.read(told), as: UTF8.self).split(separator: "\n").map(String.init)
        #expect(recorded.isSuperset(of: released))
        #expect(try SimulatedTrail.verify(reader).findings.isEmpty)
        let epochs = try ArchiveDocument(
            try KeyringFile.decode(try TestFile.read(archive.document), ArchiveKeyring.kind).file
        ).epochs
        let receipts = try epochs.compactMap { epoch in
            if case .destroyed(let receipt) = epoch.key { try AuditedArchive.hash(receipt) } else { nil }
        }
        #expect(AuditedArchive.recordedReceiptHashes(records).isSuperset(of: receipts))
    }

    // MARK: - A keyring that cannot be written

    @Test(arguments: [KeyringFolder.FileStep.createTemporary, .writeTemporary, .renameTemporary, .synchronizeFolder])
    func aChangeThatFailsAfterItsRecordIsFollowedByAnother(_ step: KeyringFolder.FileStep) async throws {
        let audited = try AuditedArchive()
        let isFailing = Mutex(false)
        let instance = try await audited.open(creates: true) { (next) throws(KeyBackendError) in
            if next == step, isFailing.withLock({ $0 }) { throw KeyBackendError(.unavailable, "the disk fails") }
        }
        let keys = ArchiveKeys(instance, context: KeyRequestContext(requestID: "request"))
        _ = try await ArchiveKeys(instance).rotateEpoch()
        isFailing.withLock { $0 = true }
        let destruction = try await backendCode {
            _ = try await keys.destroyEpoch(
                1, confirmation: try audited.archive.confirmation(1), acceptingUnknownDependencies: true)
        }
        #expect(destruction == .unavailable)
        let records = try audited.records(.destroyEpoch)
        #expect(records.map { $0["requestID"] as? String } == ["request", "request"])
        #expect(records.map { $0["errorCode"] as? String } == [nil, "UnavailableException"])
        #expect(try audited.recordedReceiptHashes().isSuperset(of: audited.receiptHashes()))
        try await instance.close()
    }
}
