internal import StrongroomSystem
internal import SystemPackage

/// The file `CREATING`, or `RESTORING` where a store is made of a backup: there from the first step of making a store
/// until after `store.json` is durable, and locked by whoever makes it.
///
/// A directory with the mark and without `store.json` holds nothing that anyone was told is stored: making
/// the store begins anew there. Without the mark a missing `store.json` means a loss, and nothing is touched.
/// Where a restore was interrupted no empty store is made: whoever opens it expects what the backup has.
struct StoreCreation: Sendable {
    static let markName = "CREATING"
    static let restoreMarkName = "RESTORING"
    private static let leftoverFolders = ["journal", "catalog", "blobs"]
    private static let leftoverFiles = [
        "LOCK", MetadataKeyFile.fileName, MetadataKeyFile.fileName + ".new",
        StoreDescription.fileName + ".new",
    ]
    private static let spareFiles = SpareFiles.names.flatMap {
        [$0 + SpareFiles.suffix, $0 + SpareFiles.suffix + ".new"]
    }

    let directory: FilePath
    /// Whether an earlier attempt was interrupted, which may have made the keyring already.
    let isResumed: Bool
    private let fileSystem: PosixFileSystem
    private let markName: String
    private let mark: any FileLock

    /// Whether a directory without `store.json` holds what a store had: it is not one that was never finished.
    static func isLoss(in directory: FilePath, _ fileSystem: PosixFileSystem) throws(StorageError) -> Bool {
        for mark in [markName, restoreMarkName] where try fileSystem.status(directory.appending(mark)) != nil {
            return false
        }
        for folder in leftoverFolders {
            guard try fileSystem.status(directory.appending(folder))?.kind == .directory else { return false }
        }
        return true
    }

    /// Marks the directory, which is made where nothing stands, and clears what an interrupted attempt left.
    ///
    /// - Parameter markName: which of the two marks.
    static func begin(
        _ directory: FilePath, _ fileSystem: PosixFileSystem, mark markName: String = markName
    ) throws(StorageError) -> StoreCreation {
        // Through ".", because the parent may be reached by a symbolic link.
        let parent = directory.removingLastComponent().appending(".")
        try fileSystem.requireLocalFileSystem(parent)
        let markPath = directory.appending(markName)
        var isResumed = false
        if let status = try fileSystem.status(directory) {
            isResumed = try fileSystem.status(markPath) != nil
            let isEmpty = status.kind == .directory ? try fileSystem.list(directory).isEmpty : false
            if !isResumed, try fileSystem.status(directory.appending(restoreMarkName)) != nil {
                throw StorageError(
                    .alreadyExists, "A restore into this directory was interrupted; repeat it.", path: directory)
            }
            // A mark may outlive its work by a crash: what is whole is a store, and nothing is cleared there.
            guard try fileSystem.status(directory.appending(StoreDescription.fileName)) == nil else {
                throw StorageError(.alreadyExists, "There is a store already; name another place.", path: directory)
            }
            guard isResumed || isEmpty else {
                throw StorageError(
                    .alreadyExists,
                    "Something else stands there: a store is made only in a new or empty directory. "
                        + "If it was a store, verify says what is left of it.",
                    path: directory)
            }
        } else {
            try fileSystem.createDirectory(directory)
        }
        try fileSystem.synchronizeDirectory(parent)
        let mark = try fileSystem.lockExclusively(markPath)
        // Another process may have made the store since: nothing of it is cleared.
        guard try fileSystem.status(directory.appending(StoreDescription.fileName)) == nil else {
            try fileSystem.remove(markPath)
            mark.release()
            throw StorageError(.alreadyExists, "There is a store already; name another place.", path: directory)
        }
        try fileSystem.synchronizeDirectory(directory)
        let creation = StoreCreation(
            directory: directory, isResumed: isResumed, fileSystem: fileSystem, markName: markName, mark: mark)
        if isResumed { try creation.clear() }
        return creation
    }

    /// The store is whole: `store.json` is durable.
    func finish() throws(StorageError) {
        do throws(StorageError) {
            try fileSystem.remove(directory.appending(markName))
        } catch  where error.code == .notFound {
            // Somebody has opened the store already, and removed it.
        }
        try fileSystem.synchronizeDirectory(directory)
        mark.release()
    }

    /// Removes the marks of a store that has been opened: one may have outlived its work by a crash, and would have the
    /// store taken for one that was never finished, if `store.json` were lost.
    static func removeMarks(in directory: FilePath, _ fileSystem: PosixFileSystem) throws(StorageError) {
        for mark in [markName, restoreMarkName].map({ directory.appending($0) })
        where try fileSystem.status(mark) != nil {
            do throws(StorageError) {
                let lock = try fileSystem.lockExclusively(mark)
                defer { lock.release() }
                try fileSystem.remove(mark)
                try fileSystem.synchronizeDirectory(directory)
            } catch  where error.code == .locked || error.code == .notFound {
                // Whoever makes the store has it yet and removes it, or has done so.
            }
        }
    }

    private func clear() throws(StorageError) {
        for name in Self.leftoverFiles + Self.spareFiles where try fileSystem.status(directory.appending(name)) != nil {
            try fileSystem.remove(directory.appending(name))
        }
        for name in Self.leftoverFolders {
            let folder = directory.appending(name)
            guard try fileSystem.status(folder) != nil else { continue }
            try empty(folder)
            try fileSystem.removeDirectory(folder)
        }
        try fileSystem.synchronizeDirectory(directory)
    }

    /// Two levels are all that a store has.
    private func empty(_ folder: FilePath) throws(StorageError) {
        for name in try fileSystem.list(folder) {
            let entry = folder.appending(name)
            guard try fileSystem.status(entry)?.kind == .directory else {
                try fileSystem.remove(entry)
                continue
            }
            for inner in try fileSystem.list(entry) { try fileSystem.remove(entry.appending(inner)) }
            try fileSystem.removeDirectory(entry)
        }
    }
}
