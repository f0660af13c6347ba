internal import StrongroomSystem

/// A commit on its way to the committer, with its types erased.
final class CommitRequest: Sendable {
    enum Completion: Sendable {
        /// Durable and visible.
        case committed(CommitReceipt)
        /// `decide` refused it; the reason is in the caller's box.
        case refused
        /// The rows that were fetched may be out of date: fetch them again and come back.
        case stale
        case failed(StorageError)
    }

    /// Who wants it.
    enum Origin: Sendable {
        case engine
        /// The store's own: rows stay as they are, and their payloads move.
        case compaction
        /// The store's own: rows of the store's own key range are removed.
        case reaper
    }

    let origin: Origin
    let reads: [[UInt8]]
    /// Nil when nothing was fetched: the committer then looks into the index itself, once for its group.
    let prefetched: PrefetchedRows?
    let attachments: [[UInt8]]
    /// Nil when it refuses.
    let decide: @Sendable (CommitView) -> DecidedCommit?
    /// Called exactly once, on the committer's thread; must not block.
    let complete: @Sendable (Completion) -> Void
    /// On a full disk what is kept for followers and images may be given up for it.
    let mayGiveUpHolds: Bool

    init(
        origin: Origin = .engine, reads: [[UInt8]], prefetched: PrefetchedRows?, attachments: [[UInt8]],
        mayGiveUpHolds: Bool = true,
        decide: @escaping @Sendable (CommitView) -> DecidedCommit?,
        complete: @escaping @Sendable (Completion) -> Void
    ) {
        assert(prefetched.map { $0.rows.count == reads.count } ?? true)
        self.origin = origin
        self.reads = reads
        self.prefetched = prefetched
        self.attachments = attachments
        self.mayGiveUpHolds = mayGiveUpHolds
        self.decide = decide
        self.complete = complete
    }
}

/// Encoded rows, each as of `lsn` or of some later commit.
struct PrefetchedRows: Sendable {
    var rows: [[UInt8]?]
    /// A row is current as long as no table holds its key and every commit after this is still in a table.
    var lsn: UInt64
}

/// What a commit writes.
struct DecidedCommit {
    var mutations: [RowMutation]
    /// Whether it may take room that is kept for freeing space.
    var frees = false
    var note: [UInt8] = []
}
