package import StrongroomJournal

/// How an embedded store uses memory and disk. None of it is part of the on-disk format.
package struct EmbeddedStorageOptions: Sendable {
    /// What is in the journal and not yet in the catalog is held in memory, up to this. From half of it
    /// on, writers are slowed down; a checkpoint begins at half, too. At least 1 MiB.
    package var memtableSizeBytes = 64 << 20
    /// The same by rows: their checkpoint's time counts, however small they are.
    package var memtableRowCount = 1_000_000
    /// Payloads up to this many bytes live in their catalog row, larger ones in their journal segment.
    package var inlinePayloadMaximumBytes = 512
    /// A checkpoint begins when so much was written to the journal since the last: it bounds how long
    /// opening takes.
    package var checkpointJournalBytes: UInt64 = 256 << 20
    /// A checkpoint begins when deleted blobs of so many bytes wait for one to be unlinked.
    package var checkpointTrashBytes: UInt64 = 256 << 20
    /// A checkpoint begins at the latest after this time, if anything was written; nil for never.
    package var checkpointIntervalSeconds: Int? = 10
    package var checkpointRowsPerTransaction = 100_000
    /// Of a catalog without sums so many rows are added up at a time: some ten milliseconds, for which a checkpoint
    /// that is wanted waits.
    package var sumRowsPerTransaction = 20_000
    /// Threads for reading and for writing blobs.
    package var ioThreadCount = 8
    /// Whether the committer waits a moment for writers that it expects and writes an idle frame, and a
    /// failed checkpoint is repeated by itself. Off in simulations, which must not depend on time.
    package var isTimed = true
    /// Whether what is committed moves from the journal into the catalog. Off in a store that is opened without keys:
    /// it takes no commits, and the catalog's root would be none of it any more.
    package var changesCatalog = true

    /// How long the task of a commit that is alone looks out for its end before it sleeps; 0 for not at all.
    package var loneCommitSpinMicroseconds = 0

    /// Told of each group of commits, on the committer's thread; must not block.
    package var whenGroupEnds: (@Sendable (GroupReport) -> Void)?
    /// Told of the position of each commit that the store makes by itself, on the committer's thread and before it is
    /// written; must not block.
    package var whenOwnCommitIsDecided: (@Sendable (_ lsn: UInt64) -> Void)?
    /// How much of the journal is kept for those who follow it.
    package var holds = JournalHolds.Limits()
    /// When images of the catalog are taken; nil for never, and then no journal is kept for them.
    package var images: ImagePolicy?

    package var journal = JournalConfiguration()
    package var compaction = CompactionOptions()

    package init() {}

    func checkRelations() {
        precondition(memtableSizeBytes >= 1 << 20, "the memtable has at least 1 MiB")
        precondition(memtableRowCount >= 2, "the memtable holds at least two rows")
        precondition((0...65_536).contains(inlinePayloadMaximumBytes), "inline payloads have at most 64 KiB")
        precondition(checkpointRowsPerTransaction >= 1, "a checkpoint transaction has at least one row")
        precondition(sumRowsPerTransaction >= 1, "a step adds up at least one row")
        precondition(
            compaction.spaceRatio > 1 && compaction.commitBytes >= 1 && compaction.spaceBudgetBytes >= 1,
            "compaction needs room to begin with")
        precondition(ioThreadCount >= 1, "reading needs a thread")
    }
}
