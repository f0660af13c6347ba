internal import StrongroomSystem
internal import Synchronization

/// The store's state after a failed write or sync: nothing is written any more, for what the disk
/// holds is unknown (Linux marks the pages clean and reports once); reads go on. Only closing and
/// reopening, with new descriptors and a replay of what is really there, heals it.
final class StorePoison: Sendable {
    private let cause = Mutex<StorageError?>(nil)

    /// The first cause stays.
    func poison(_ error: StorageError) {
        cause.withLock { if $0 == nil { $0 = error } }
    }

    /// What every later write fails with; nil while the store is sound.
    var error: StorageError? {
        guard let cause = cause.withLock({ $0 }) else { return nil }
        return StorageError(
            .durabilityUnknown,
            "a write or sync failed, so the store takes no more changes; close and reopen it to recover what is "
                + "durable. The cause: \(cause.message)",
            path: cause.path, offset: cause.offset, systemError: cause.systemError)
    }

    func check() throws(StorageError) {
        if let error { throw error }
    }
}
