internal import StrongroomSystem
internal import Synchronization

/// The directories of epochs: made before their first file, removed after their last.
extension BlobFiles {
    func prepareEpoch(_ epoch: UInt64) throws(StorageError) {
        try preparedEpochs.withLock { (prepared) throws(StorageError) in
            guard !prepared.contains(epoch) else { return }
            let directory = layout.epochDirectory(epoch)
            // It may stand there already: made before a failure to sync its parent.
            if try fileSystem.status(directory) == nil { try fileSystem.createDirectory(directory) }
            try synchronizeRoot()
            prepared.insert(epoch)
        }
    }

    /// An old store may have hundreds of thousands of them, and its first checkpoint is waited for.
    private static let foundEpochsPerRound = 64

    /// Removes the directories of epochs that have lost their last file since they were looked at, and looks at some
    /// more of those that the opening found. Blocks.
    func removeEmptyEpochs() throws(StorageError) {
        let found = foundEpochs.withLock { epochs in
            let next = Set(epochs.suffix(Self.foundEpochsPerRound))
            epochs.removeLast(next.count)
            return next
        }
        let shrunk = shrunkEpochs.withLock { epochs in
            defer { epochs = [] }
            return epochs
        }
        try removeIfEmpty(shrunk.union(found))
    }

    /// Removes those of `epochs` that are empty and stay so; the others that can become empty without a
    /// further removal are looked at again. Throws the first failure, after all were tried. Blocks.
    func removeIfEmpty(_ epochs: Set<UInt64>) throws(StorageError) {
        var isAnyRemoved = false
        var failure: StorageError?
        for epoch in epochs.sorted() {
            guard isPast(epoch) else {
                shrunkEpochs.withLock { _ = $0.insert(epoch) }
                continue
            }
            do throws(StorageError) {
                if try removeDirectory(epoch) { isAnyRemoved = true }
            } catch {
                shrunkEpochs.withLock { _ = $0.insert(epoch) }
                failure = failure ?? error
            }
        }
        if isAnyRemoved { try synchronizeRoot() }
        if let failure { throw failure }
    }

    /// Whether no file will ever be made in it. Asked in this order: new files go to the current epoch and
    /// are in flight before they exist, so once another one is current, who is not in flight never comes.
    private func isPast(_ epoch: UInt64) -> Bool {
        epoch < registry.currentEpoch && !registry.hasInFlight(in: epoch)
    }

    /// Whether it was empty and is gone. The system itself refuses to remove one that has files, so that none
    /// of them has to be listed.
    private func removeDirectory(_ epoch: UInt64) throws(StorageError) -> Bool {
        do throws(StorageError) {
            try fileSystem.removeDirectory(layout.epochDirectory(epoch))
        } catch  where error.code == .alreadyExists || error.code == .notFound {
            return false
        }
        preparedEpochs.withLock { _ = $0.remove(epoch) }
        return true
    }
}
