internal import StrongroomSystem
internal import Synchronization
internal import SystemPackage

/// The blob files of a store and the calls that block. Shared by the blob store, the reaper and the sweep.
final class BlobFiles: Sendable {
    let layout: BlobLayout
    let registry: BlobRegistry
    let fileSystem: any FileSystem
    let poison: StorePoison
    /// Epoch directories that exist durably. The lock is held while one is made, by threads that may block.
    let preparedEpochs = Mutex<Set<UInt64>>([])
    /// Epochs whose directory may have become empty.
    let shrunkEpochs = Mutex<Set<UInt64>>([])
    /// Those that had one when the store was opened, and have not been looked at yet; the oldest is the last.
    let foundEpochs: Mutex<[UInt64]>

    /// - Parameter foundEpochs: those that have a directory already.
    init(
        directory: FilePath, fileSystem: any FileSystem, poison: StorePoison, firstEpoch: UInt64,
        foundEpochs: Set<UInt64>
    ) {
        // A crash may have come between the removal of the last file and that of the directory.
        self.foundEpochs = Mutex(foundEpochs.sorted(by: >))
        layout = BlobLayout(directory: directory)
        registry = BlobRegistry(firstEpoch: firstEpoch)
        self.fileSystem = fileSystem
        self.poison = poison
    }

    func create(_ name: BlobName) throws(StorageError) -> any StorageFile {
        try prepareEpoch(name.epoch)
        return try fileSystem.open(layout.file(name), .create)
    }

    /// A failed directory sync is reported once, to whoever came first, though it may concern the
    /// entries of others. (A failed sync of a blob's own content concerns that blob alone, whose put fails.)
    private func synchronizeDirectory(_ directory: FilePath) throws(StorageError) {
        do throws(StorageError) {
            try fileSystem.synchronizeDirectory(directory)
        } catch {
            // Where the directory could not even be opened, no sync has failed: the next one still tells.
            if !error.isOfOpening { poison.poison(error) }
            throw error
        }
    }

    /// Makes creations and removals durable.
    func synchronizeEpochs(_ epochs: Set<UInt64>) throws(StorageError) {
        var isAnyGone = false
        for epoch in epochs.sorted() {
            do throws(StorageError) {
                try synchronizeDirectory(layout.epochDirectory(epoch))
            } catch  where error.code == .notFound {
                isAnyGone = true
            }
        }
        // A directory that was empty is gone with its removals: durable once its own removal is.
        if isAnyGone { try synchronizeRoot() }
    }

    func synchronizeRoot() throws(StorageError) { try synchronizeDirectory(layout.directory) }

    /// Removes a file; that it is gone already is no error. Durable only after `synchronizeEpochs`.
    func remove(_ name: BlobName) throws(StorageError) {
        do throws(StorageError) {
            try fileSystem.remove(layout.file(name))
        } catch  where error.code != .notFound {
            throw error
        }
        // Noted after the removal: whoever took the note before found the file still there.
        shrunkEpochs.withLock { _ = $0.insert(name.epoch) }
    }

    /// Removes the file of a blob that will never be committed. Its epoch may be sealed thereafter, so
    /// the removal is made durable: a file that came back would never be swept.
    func removeAbandoned(_ name: BlobName) throws(StorageError) {
        // In a poisoned store a commit may be durable although its caller was told otherwise: what is
        // garbage is decided by the sweep when the store is opened again.
        try poison.check()
        try remove(name)
        try synchronizeEpochs([name.epoch])
        registry.leave(name)
    }
}

extension StorageError {
    /// Whether only opening a file can have failed so: nothing was written or synced yet.
    fileprivate var isOfOpening: Bool { [.descriptorLimit, .notFound, .permissionDenied].contains(code) }
}
