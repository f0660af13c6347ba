import StrongroomCatalog
import StrongroomSimulation
import StrongroomStorage
import StrongroomSystem
import StrongroomTestSupport
import SystemPackage

/// Looks whether what counts as a backup after a power failure makes the store that it was made of, and whether another
/// one can be made beside it.
struct BackupExamination: Sendable {
    /// With the store closed.
    let machine: SimulatedMachine
    let sums: RowSumDefinition?
    let seed: UInt64

    private var folder: ScriptedBackups { ScriptedBackups(fileSystem: machine.fileSystem) }

    /// - Parameter model: of the store that is there.
    func run(_ record: BackupRecord, _ model: StoreModel) async throws {
        let found = try folder.found()
        if let lost = record.acknowledged.firstIndex(where: { !found.contains($0) }) {
            throw Discrepancy("backup \(lost + 1) was acknowledged, and is not there")
        }
        for (index, contents) in found.enumerated() {
            guard let made = record.made.first(where: { $0.contents == contents }) else {
                throw Discrepancy("manifest \(index + 1) describes no backup that was made")
            }
            try await check(made)
        }
        try await check(try await another(after: found, model))
    }

    private func another(after found: [BackupContents], _ model: StoreModel) async throws -> MadeBackup {
        let storage = try await machine.open(seed: seed, sums: sums, noting: model)
        try folder.prepare()
        let (contents, progress) = try await storage.backUp(to: ScriptedBackups.folder, earlier: found) { _ in true }
        let findings = progress.findings.map(\.description)
        guard findings.isEmpty else { throw Discrepancy("the next backup finds \(findings)") }
        try folder.add(contents, number: found.count + 1)
        try await storage.close()
        return MadeBackup(contents: contents, model: model.copy(upTo: contents.lsn))
    }

    /// Reads it, and makes a store of it on another machine.
    private func check(_ backup: MadeBackup) async throws {
        let lsn = backup.contents.lsn
        var verification = BackupVerification(
            backup.contents, in: ScriptedBackups.folder, machine.fileSystem, storeID: SimulatedMachine.storeID
        ) { _ in true }
        let findings = try verification.run().findings.map(\.description)
        guard findings.isEmpty else { throw Discrepancy("the backup of \(lsn) is damaged: \(findings)") }
        let other = try otherMachine()
        let making = StoreMaking(source: .backup(backup.contents, upTo: lsn), seed: seed &+ 1)
        try await making.run(other, sums: sums) {}
        let storage = try await other.open(seed: seed &+ 2, sums: sums)
        let found = try await storage.metadata.read { (snapshot) throws(StorageError) in snapshot.lsn }
        guard found == lsn else { throw Discrepancy("the backup of \(lsn) makes a store that ends at \(found)") }
        try await storage.compare(with: backup.model.copy())
        try await storage.close()
    }

    /// With a copy of the disk, on which the store is gone.
    private func otherMachine() throws -> SimulatedMachine {
        guard let copy = machine.fileSystem.moment.surviving({ _ in true }) else {
            throw Discrepancy("the disk cannot be copied")
        }
        try copy.rename(SimulatedMachine.directory, to: FilePath("/elsewhere"))
        return SimulatedMachine(found: copy, index: MemoryIndex(), clock: ManualClock(), options: machine.options)
    }
}
