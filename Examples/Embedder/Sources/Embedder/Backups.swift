import Strongroom
import SystemPackage

/// The code of “Backup and recovery”.
enum Backups {
    static func article(directory: FilePath) async throws {
        let (vault, backups) = (directory.appending("vault"), directory.appending("backups"))
        let restored = directory.appending("restored")
        let making = try await Store.open(at: vault)
        try await making.createBucket("books").put("2026/11", Array("1 ducat".utf8))
        try await making.close()
        // BackupAndRecovery
        let store = try await Store.open(at: vault)
        let report = try await store.backUp(to: backups)  // while the store is in use
        print("backup \(report.backup.number): \(report.fileCount) files, \(report.reusedFileCount) there already")
        guard try await Store.verifyBackup(in: backups).isSound else { return }
        // BackupAndRecovery
        try await store.close()
        // BackupAndRecovery
        var options = RestoreOptions()
        options.keyCheck?.keyring = FilePath("\(vault).keyring")  // every key must be there
        let made = try await Store.restore(from: backups, to: restored, options: options)
        print("up to commit \(made.lastLSN), \(made.checkedKeyCount) keys opened")
        // BackupAndRecovery
        precondition(made.checkedKeyCount > 0)
        // BackupAndRecovery
        let repair = try await Store.repair(at: vault)
        for step in repair.steps { print("\(step.kind): \(step.path): \(step.detail)") }
        if repair.hasLostCommits { print("lost: \(repair.lostCommits)") }
        // BackupAndRecovery
        precondition(repair.steps.isEmpty)
        let anchors = restored.removingLastComponent()
        // Rollback
        var anchored = StoreOptions()
        anchored.anchor = FilePath("\(anchors)/vault.json")  // on another disk
        let guarded = try await Store.open(at: vault, options: anchored)
        // Rollback
        try await guarded.close()
    }
}
