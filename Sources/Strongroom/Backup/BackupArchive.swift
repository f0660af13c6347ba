internal import StrongroomKeys
internal import StrongroomStorage
internal import StrongroomSystem
internal import SystemPackage

#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif

/// A folder of backups of one store. Everything here blocks.
struct BackupArchive: Sendable {
    let folder: FilePath
    let fileSystem: any FileSystem

    private static let lockName = "LOCK"

    /// One backup at a time: two would write under one name.
    func lock() throws(StorageError) -> any FileLock {
        do throws(StorageError) {
            return try fileSystem.lockExclusively(folder.appending(Self.lockName))
        } catch  where error.code == .locked {
            throw StorageError(
                .locked, "Another backup into this folder is under way. \(error.message)", path: folder)
        }
    }

    func manifests() throws(StorageError) -> [BackupManifest] {
        var manifests: [BackupManifest] = []
        for number in try BackupManifest.numbers(in: folder, fileSystem) {
            manifests.append(try BackupManifest.read(number, in: folder, fileSystem))
        }
        return manifests
    }

    func backups() throws(StorageError) -> [Backup] {
        let manifests = try manifests()
        var backups: [Backup] = []
        for (index, manifest) in manifests.enumerated() {
            var backup = Backup(manifest)
            if index > 0 {
                let earlier = manifests[index - 1]
                backup.continuesEarlier =
                    manifest.isOfHistory(of: earlier) && manifest.contents.continues(earlier.contents)
            }
            backups.append(backup)
        }
        return backups
    }

    /// The earlier backups whose manifests are not what the one after each says, back to where one was removed: what
    /// is there is what was there.
    ///
    /// - Returns: their numbers, and what is wrong.
    func changedManifests(before manifest: BackupManifest) throws(StorageError) -> [(number: UInt64, reason: String)] {
        let numbers = Set(try BackupManifest.numbers(in: folder, fileSystem))
        var changed: [(number: UInt64, reason: String)] = []
        var manifest = manifest
        while let previous = manifest.previousSha256, numbers.contains(manifest.number - 1) {
            let before = manifest.number - 1
            do throws(StorageError) {
                if try BackupManifest.hash(before, in: folder, fileSystem) != previous {
                    changed.append((before, "The manifest has changed since the backup after it was made."))
                }
                manifest = try BackupManifest.read(before, in: folder, fileSystem)
            } catch {
                // What cannot be read says nothing of those before it.
                if changed.last?.number != before { changed.append((before, error.message)) }
                break
            }
        }
        return changed
    }

    /// One backup's manifest; the newest where no number is given.
    func manifest(_ number: UInt64?) throws(StorageError) -> BackupManifest {
        let numbers = try BackupManifest.numbers(in: folder, fileSystem)
        guard let newest = numbers.last else {
            throw StorageError(.notFound, "There is no backup in this folder.", path: folder)
        }
        guard number.map({ numbers.contains($0) }) ?? true else {
            throw StorageError(
                .notFound, "There is no backup \(number ?? 0) in this folder; the newest is \(newest).", path: folder)
        }
        return try BackupManifest.read(number ?? newest, in: folder, fileSystem)
    }

    /// The newest backup that reaches a commit: where a store went on from a backup, that is its latest history. A
    /// commit between two backups is reached by the later one with the image of the earlier one, where the journal was
    /// kept between them.
    func manifest(reaching lsn: UInt64) throws(StorageError) -> BackupManifest {
        let manifests = try manifests()
        for (index, manifest) in manifests.enumerated().reversed() where lsn <= manifest.contents.lsn {
            if manifest.contents.firstLSN <= lsn { return manifest }
            for earlier in manifests[..<index].reversed() where earlier.contents.firstLSN <= lsn {
                guard manifest.contents.continues(earlier.contents), manifest.isOfHistory(of: earlier) else {
                    break
                }
                var joined = manifest
                joined.contents = manifest.contents.continued(from: earlier.contents)
                return joined
            }
        }
        let spans = manifests.map { "\($0.contents.firstLSN)–\($0.contents.lsn)" }
        throw StorageError(
            .positionExpired,
            "No backup reaches LSN \(lsn); there are " + (spans.isEmpty ? "none" : spans.joined(separator: ", ")) + ".",
            path: folder)
    }

    /// Removes a backup, and what none of the others needs.
    func remove(
        _ number: UInt64, _ report: @escaping @Sendable (BackupProgress) -> Bool
    ) throws(StorageError) -> BackupReport {
        let lock = try lock()
        defer { lock.release() }
        let removed = try manifest(number)
        guard let storeID = Hexadecimal.decode(removed.storeId), storeID.count == 16 else {
            throw StorageError(.corrupted, "The manifest's store id is no 32 hexadecimal digits.", path: folder)
        }
        let kept = try manifests().filter { $0.number != number }
        var sweep = BackupSweep(
            keeping: kept.map(\.contents), in: folder, fileSystem, storeID: storeID, report: report)
        let progress = try sweep.run { () throws(StorageError) in
            try BackupManifest.remove(number, in: folder, fileSystem)
        }
        return BackupReport(removed, progress)
    }

    /// Makes the folder where there is none, and refuses one with backups of another store, or with other things.
    func prepare(storeId: String) throws(StorageError) -> [BackupManifest] {
        guard let status = try fileSystem.status(folder) else {
            try fileSystem.createDirectory(folder)
            try synchronizeParent()
            return []
        }
        guard status.kind == .directory else {
            throw StorageError(.alreadyExists, "Something that is no folder stands there.", path: folder)
        }
        let manifests = try manifests()
        // Whoever made the folder may have died before its name was durable. Whoever may not look at the parent has not
        // made it.
        if manifests.isEmpty {
            do throws(StorageError) {
                try synchronizeParent()
            } catch  where error.code == .permissionDenied {}
        }
        if let other = manifests.first(where: { $0.storeId != storeId }) {
            throw StorageError(
                .alreadyExists, "The folder has backups of another store, \(other.storeId); name another folder.",
                path: folder)
        }
        let own: Set<String> = [BackupManifest.folderName, "journal", "images", "blobs", Self.lockName]
        guard try fileSystem.list(folder).allSatisfy({ own.contains($0) }) else {
            throw StorageError(
                .alreadyExists, "The folder has other things in it; a backup goes to an empty one, or to earlier ones.",
                path: folder)
        }
        return manifests
    }

    private func synchronizeParent() throws(StorageError) {
        try fileSystem.synchronizeDirectory(folder.removingLastComponent().appending("."))
    }

    /// What stands in the store's own folder and belongs to every copy of it. An open store has read these files long
    /// ago, and they may be damaged since.
    func storeFiles(of store: FilePath) throws(StorageError) -> [BackupManifest.StoreFile] {
        let spares = SpareFiles(directory: store, fileSystem: fileSystem)
        return try SpareFiles.names.map { (name) throws(StorageError) in
            .init(name: name, bytes: Hexadecimal.encode(try spares.soundBytes(of: name)))
        }
    }
}

extension Backup {
    init(_ manifest: BackupManifest) {
        self.init(
            number: manifest.number, lastLSN: manifest.contents.lsn, firstLSN: manifest.contents.firstLSN,
            time: Date(storeMilliseconds: manifest.contents.timeMilliseconds))
    }
}

extension BackupReport {
    init(_ manifest: BackupManifest, _ progress: BackupProgress) {
        self.init(
            backup: Backup(manifest), fileCount: progress.fileCount, bytes: progress.bytes,
            reusedFileCount: progress.reusedFileCount,
            findings: progress.findings.map { .init(place: $0.path?.string ?? "the backup", reason: $0.message) })
    }
}
