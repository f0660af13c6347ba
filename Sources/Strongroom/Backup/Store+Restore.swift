internal import StrongroomKeys
internal import StrongroomStorage
internal import StrongroomSystem
public import SystemPackage

extension Store {
    /// Makes a store of a backup, at a place where nothing stands.
    ///
    /// The store is whole when this returns, and none before: a restore that was interrupted leaves a folder that
    /// cannot be opened, and is repeated.
    ///
    /// - Parameters:
    ///   - folder: the folder with the backups.
    ///   - path: where the store is to be; nothing stands there, or what an interrupted restore left.
    ///   - options: which state, and which keyring must have the keys. A key that is missing makes it fail, before
    ///     anything can be opened there.
    ///   - progress: called after each file, on a thread of the store's; must not block.
    /// - Throws: ``StoreError/Code/notFound`` where there is no such backup, ``StoreError/Code/positionExpired`` where
    ///   no backup reaches the commit, or not with all its payloads; ``StoreError/Code/corrupted``,
    ///   ``StoreError/Code/keyNotFound``, ``StoreError/Code/keyringMissing``, ``StoreError/Code/alreadyExists``,
    ///   ``StoreError/Code/cancelled`` and what the machine refuses.
    @discardableResult
    public static func restore(
        from folder: FilePath, to path: FilePath, options: RestoreOptions = RestoreOptions(),
        progress: (@Sendable (BackupActivity) -> Void)? = nil
    ) async throws(StoreError) -> RestoreReport {
        let opening = try StoreOpening(path, options.keyCheck ?? StoreOptions())
        let archive = BackupArchive(folder: try StorePlace(folder).directory, fileSystem: opening.fileSystem)
        let restoring = Restoring(opening: opening, archive: archive, target: options.target)
        return try await cancellable(progress) { (report) async throws(StoreError) in
            try await restoring.run(checksKeys: options.keyCheck != nil, report)
        }
    }
}

/// One restore.
private struct Restoring: Sendable {
    let opening: StoreOpening
    let archive: BackupArchive
    let target: RestoreOptions.Target

    func run(
        checksKeys: Bool, _ report: @escaping @Sendable (BackupProgress) -> Bool
    ) async throws(StoreError) -> RestoreReport {
        let (manifest, lsn) = try await opening.onThread { () throws(StorageError) in try chosen() }
        guard let storeID = Hexadecimal.decode(manifest.storeId), storeID.count == 16 else {
            throw StoreError(.corrupted, "The manifest's store id is no 32 hexadecimal digits.")
        }
        // Before hours of copying.
        let (original, metadataKey) = try await opening.onThread { () throws(StorageError) in
            (try manifest.description(), try manifest.bytes(ofFile: MetadataKeyFile.fileName))
        }
        let creation = try await opening.onThread { () throws(StorageError) in
            try StoreCreation.begin(opening.directory, opening.fileSystem, mark: StoreCreation.restoreMarkName)
        }
        let done = try await opening.onThread { () throws(StorageError) in
            let restore = StorageRestore(
                manifest.contents, in: archive.folder, to: opening.directory, storeID: storeID,
                options: opening.storageOptions, environment: opening.storageEnvironment, report: report)
            let done = try restore.run(upTo: lsn)
            try write(metadataKey: metadataKey)
            return done
        }
        // As it was, on a timeline that no other life of the store has.
        let description = original.onNewTimeline(opening.random)
        let keyCount = checksKeys ? try await opening.checkKeys(description, storeID: storeID) : 0
        try await opening.write(description)
        try await opening.onThread { () throws(StorageError) in try creation.finish() }
        return RestoreReport(
            backup: Backup(manifest), lastLSN: lsn, fileCount: done.fileCount, bytes: done.bytes,
            checkedKeyCount: keyCount,
            findings: done.findings.map { .init(place: $0.path?.string ?? "the backup", reason: $0.message) })
    }

    private func chosen() throws(StorageError) -> (BackupManifest, lsn: UInt64) {
        switch target.choice {
        case .newest:
            let manifest = try archive.manifest(nil)
            return (manifest, manifest.contents.lsn)
        case .backup(let number):
            let manifest = try archive.manifest(number)
            return (manifest, manifest.contents.lsn)
        case .commit(let lsn): return (try archive.manifest(reaching: lsn), lsn)
        }
    }

    private func write(metadataKey bytes: [UInt8]) throws(StorageError) {
        let path = opening.directory.appending(MetadataKeyFile.fileName)
        let file = try opening.fileSystem.open(path, .create)
        try file.write(bytes, at: 0)
        try file.synchronizeData()
        file.close()
        try opening.fileSystem.synchronizeDirectory(opening.directory)
    }
}
