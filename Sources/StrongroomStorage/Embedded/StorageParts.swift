internal import StrongroomCatalog
internal import StrongroomJournal
internal import StrongroomSystem

/// A store that is recovered and not yet running: what its threads and its faces are made of.
struct StorageParts: Sendable {
    let lock: any FileLock
    let view: StoreView
    let journal: Journal
    let files: BlobFiles
    let poison: StorePoison
    let queue: CommitQueue
    let checkpointer: Checkpointer
    let images: CatalogImages
    let pool: IOThreadPool
    let clock: any StoreClock
    let options: EmbeddedStorageOptions

    /// Made on the thread that runs it: its state belongs to that thread.
    func makeCommitter() -> Committer {
        Committer(
            queue: queue, view: view, journal: journal, checkpointer: checkpointer, poison: poison, clock: clock,
            options: options)
    }
}
