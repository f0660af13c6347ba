import StrongroomSimulation
import StrongroomStorage
import StrongroomSystem
import StrongroomTestSupport
import SystemPackage
import Testing

// MARK: - Making and backing up

extension ScriptedStore {
    /// Makes the store where there is none, or what an interrupted attempt has left.
    func make(_ source: StoreMaking.Source = .nothing, seed: UInt64 = 11) async throws {
        let making = StoreMaking(source: source, seed: seed)
        learn { $0.making = .underway(making) }
        try await making.run(machine, sums: sums) { watchAgain() }
        learn { $0.making = .done }
    }

    /// - Parameter fileLimit: after so many files it is cancelled.
    func backUp(cancelledAfter fileLimit: UInt64 = .max) async throws {
        learn { $0.backups = $0.backups ?? BackupRecord() }
        let backups = ScriptedBackups(fileSystem: machine.fileSystem)
        try backups.prepare()
        let earlier = try backups.found()
        let (contents, progress) = try await storage.backUp(to: ScriptedBackups.folder, earlier: earlier) {
            $0.fileCount < fileLimit
        }
        let findings = progress.findings.map(\.description)
        guard findings.isEmpty else { throw Discrepancy("the backup finds \(findings)") }
        let made = MadeBackup(contents: contents, model: model.copy(upTo: contents.lsn))
        learn { $0.backups?.made.append(made) }
        try backups.add(contents, number: earlier.count + 1)
        learn { $0.backups?.acknowledged.append(contents) }
    }

    /// The store's directory is gone with all that is in it. What there is of it is in the backups.
    func lose() async throws {
        try await close()
        try machine.fileSystem.rename(SimulatedMachine.directory, to: FilePath("/lost"))
        try machine.fileSystem.synchronizeDirectory(FilePath("/"))
        machine.loseIndex()
    }

    /// Makes the store of the newest backup.
    ///
    /// - Parameter count: so many of the backup's last commits are given up, and all that came after it.
    func restore(givingUp count: UInt64 = 0, seed: UInt64 = 21) async throws {
        let backup = try #require(knowledge.backups?.made.last, "the scenario has made no backup")
        let lsn = backup.contents.lsn - count
        let model = backup.model.copy(upTo: lsn)
        _ = try model.recover(at: lsn).get()
        learn { $0.model = model }
        try await make(.backup(backup.contents, upTo: lsn), seed: seed)
    }
}
