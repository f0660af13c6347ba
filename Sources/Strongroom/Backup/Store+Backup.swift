internal import StrongroomKeys
internal import StrongroomStorage
internal import StrongroomSystem
internal import Synchronization
public import SystemPackage

extension Store {
    /// Copies the store as of its last commit into a folder, while it is open and in use. What earlier backups in the
    /// folder have already is not copied again. Every byte of an object stays sealed as it is, and no key goes along:
    /// keep a copy of the keyring elsewhere.
    ///
    /// Nothing that is deleted meanwhile gives its space back before the backup is done.
    ///
    /// - Parameters:
    ///   - folder: made where there is none; else empty, or with earlier backups of this store.
    ///   - options: whether the journal is kept until the next backup.
    ///   - progress: called after each file, on a thread of the store's; must not block.
    /// - Throws: ``StoreError/Code/alreadyExists`` for a folder with other things in it,
    ///   ``StoreError/Code/invalidArgument`` for a store in memory, ``StoreError/Code/cancelled``,
    ///   ``StoreError/Code/diskFull`` and what the machine refuses. The next backup goes on with what was copied.
    @discardableResult
    public func backUp(
        to folder: FilePath, options: BackupOptions = BackupOptions(),
        progress: (@Sendable (BackupActivity) -> Void)? = nil
    ) async throws(StoreError) -> BackupReport {
        try await engine.backUp(to: StorePlace(folder).directory, options, progress)
    }

    /// The backups in a folder, in the order in which they were made.
    ///
    /// - Throws: ``StoreError/Code/corrupted`` where one of their manifests is damaged.
    public static func backups(in folder: FilePath) async throws(StoreError) -> [Backup] {
        let opening = try StoreOpening(folder, StoreOptions())
        return try await opening.onThread { () throws(StorageError) in
            try BackupArchive(folder: opening.directory, fileSystem: opening.fileSystem).backups()
        }
    }

    /// Removes one backup of a folder, and the files that no other one there needs. The others are worth what they
    /// were; only commits between two of them cannot be restored any more that the removed one joined.
    ///
    /// An interrupted removal leaves files that nothing needs, which the next one removes.
    ///
    /// - Parameters:
    ///   - number: which one.
    ///   - folder: the folder with the backups.
    ///   - progress: called after each file, on a thread of the store's; must not block.
    /// - Returns: the backup that was removed, and the files that went with it.
    /// - Throws: ``StoreError/Code/notFound`` where there is none of that number, ``StoreError/Code/corrupted`` where
    ///   one that stays cannot be read, so that it is not known what it needs: nothing was removed then;
    ///   ``StoreError/Code/storeInUse`` while a backup is made there, ``StoreError/Code/cancelled``.
    @discardableResult
    public static func removeBackup(
        _ number: UInt64, in folder: FilePath, progress: (@Sendable (BackupActivity) -> Void)? = nil
    ) async throws(StoreError) -> BackupReport {
        let opening = try StoreOpening(folder, StoreOptions())
        let archive = BackupArchive(folder: opening.directory, fileSystem: opening.fileSystem)
        return try await cancellable(progress) { (report) async throws(StoreError) in
            try await opening.onThread { () throws(StorageError) in try archive.remove(number, report) }
        }
    }

    /// Reads all of a backup and checks it against the hashes that were written with it, and the chain of manifests
    /// before it. Needs no key.
    ///
    /// - Parameters:
    ///   - number: which one; the newest where it is nil.
    ///   - folder: the folder with the backups.
    ///   - progress: called after each file, on a thread of the store's; must not block.
    /// - Throws: where the check itself cannot go on; what is wrong is in the report.
    public static func verifyBackup(
        _ number: UInt64? = nil, in folder: FilePath, progress: (@Sendable (BackupActivity) -> Void)? = nil
    ) async throws(StoreError) -> BackupReport {
        let opening = try StoreOpening(folder, StoreOptions())
        let archive = BackupArchive(folder: opening.directory, fileSystem: opening.fileSystem)
        return try await cancellable(progress) { (report) async throws(StoreError) in
            try await opening.onThread { () throws(StorageError) in
                let manifest = try archive.manifest(number)
                guard let storeID = Hexadecimal.decode(manifest.storeId), storeID.count == 16 else {
                    throw StorageError(.corrupted, "The manifest's store id is no 32 hexadecimal digits.")
                }
                var verification = BackupVerification(
                    manifest.contents, in: archive.folder, archive.fileSystem, storeID: storeID, report: report)
                var found = BackupReport(manifest, try verification.run())
                for name in SpareFiles.names {
                    do throws(StorageError) {
                        _ = try manifest.bytes(ofFile: name)
                    } catch {
                        let path = BackupManifest.path(manifest.number, in: archive.folder)
                        found.findings.append(.init(place: path.string, reason: error.message))
                    }
                }
                for (number, reason) in try archive.changedManifests(before: manifest) {
                    let path = BackupManifest.path(number, in: archive.folder)
                    found.findings.append(.init(place: path.string, reason: reason))
                }
                return found
            }
        }
    }

    /// Runs `body` with what reports progress, and says no once the task is cancelled.
    static func cancellable<Value: Sendable>(
        _ progress: (@Sendable (BackupActivity) -> Void)?,
        _ body: (@escaping @Sendable (BackupProgress) -> Bool) async throws(StoreError) -> Value
    ) async throws(StoreError) -> Value {
        let isCancelled = SharedFlag()
        let report: @Sendable (BackupProgress) -> Bool = { found in
            progress?(BackupActivity(fileCount: found.fileCount, bytes: found.bytes))
            return !isCancelled.isSet
        }
        let result = await withTaskCancellationHandler {
            await Result(catchingStoreError: { () async throws(StoreError) in try await body(report) })
        } onCancel: {
            isCancelled.set()
        }
        return try result.get()
    }
}

/// Set once, read from other threads.
private final class SharedFlag: Sendable {
    private let flag = Atomic(false)
    var isSet: Bool { flag.load(ordering: .relaxed) }
    func set() { flag.store(true, ordering: .relaxed) }
}

extension Result where Failure == StoreError {
    fileprivate init(catchingStoreError body: () async throws(StoreError) -> Success) async {
        do throws(StoreError) {
            self = .success(try await body())
        } catch {
            self = .failure(error)
        }
    }
}

extension Engine {
    fileprivate func backUp(
        to folder: FilePath, _ options: BackupOptions, _ progress: (@Sendable (BackupActivity) -> Void)?
    ) async throws(StoreError) -> BackupReport {
        guard let embedded = storage.embedded else {
            throw StoreError(.invalidArgument, "A store in memory has no backups; copy its objects to another store.")
        }
        guard !folder.starts(with: directory) else {
            throw StoreError(
                .invalidArgument, "The folder \(folder) lies in the store; name one outside, best elsewhere.")
        }
        let fileSystem = PosixFileSystem()
        let archive = BackupArchive(folder: folder, fileSystem: fileSystem)
        let storeId = Hexadecimal.encode(storeID)
        // Before anything is copied: what comes after the backup is kept from here on.
        var consumer: ChangeConsumer?
        if let name = options.consumer { consumer = try await self.consumer(name, startingAfter: nil) }
        let report = try await makeBackup(in: archive, of: embedded, storeId, progress)
        let position = Position(storeID: storeID, timeline: timeline, lsn: report.backup.lastLSN)
        try await consumer?.acknowledge(position)
        return report
    }

    private func makeBackup(
        in archive: BackupArchive, of embedded: EmbeddedStorage, _ storeId: String,
        _ progress: (@Sendable (BackupActivity) -> Void)?
    ) async throws(StoreError) -> BackupReport {
        let (folder, fileSystem) = (archive.folder, archive.fileSystem)
        return try await Store.cancellable(progress) { (report) async throws(StoreError) in
            let (lock, earlier) = try await onThread { () throws(StorageError) in
                // Made where there is none; what is there already is looked at under the lock.
                _ = try archive.prepare(storeId: storeId)
                return (try archive.lock(), try archive.prepare(storeId: storeId))
            }
            defer { lock.release() }
            let made: (contents: BackupContents, progress: BackupProgress)
            do throws(StorageError) {
                made = try await embedded.backUp(to: folder, earlier: earlier.map(\.contents), report: report)
            } catch {
                throw StoreError(error)
            }
            return try await onThread { [directory] () throws(StorageError) in
                let manifest = BackupManifest(
                    format: BackupManifest.currentFormat, storeId: storeId,
                    number: (earlier.last?.number ?? 0) + 1, contents: made.contents,
                    files: try archive.storeFiles(of: directory),
                    previousSha256: try earlier.last.map { (last) throws(StorageError) in
                        try BackupManifest.hash(last.number, in: folder, fileSystem)
                    })
                try manifest.write(in: folder, fileSystem)
                return BackupReport(manifest, made.progress)
            }
        }
    }

    private func onThread<Value: Sendable>(
        _ work: @escaping @Sendable () throws(StorageError) -> Value
    ) async throws(StoreError) -> Value {
        do throws(StorageError) {
            return try await threads.run(work)
        } catch {
            throw StoreError(error)
        }
    }
}
