package import StrongroomSystem

/// One half of the engine's waist: an ordered map of rows with snapshot reads and one kind of write,
/// the conditional atomic commit. What lies below sees only ciphertext and clear index fields.
///
/// Implementations: `EmbeddedMetadataStore` (journal, memtable, LMDB) and `InMemoryMetadataStore`
/// (tests). Both run the conformance suite in `Tests/StrongroomStorageTests`.
package protocol MetadataStore: Sendable {
    /// Runs `body` with one consistent snapshot, on a thread where blocking is allowed. The snapshot
    /// is valid only inside `body`: copy out what is needed.
    func read<Value: Sendable, Failure: Error>(
        _ body: @escaping @Sendable (any MetadataSnapshot) throws(Failure) -> Value
    ) async throws(MetadataReadError<Failure>) -> Value

    /// The latest row of `key` with its payload pinned, or nil where there is none.
    func pinnedRow(_ key: [UInt8]) async throws(StorageError) -> (any PinnedRow)?

    /// Commits atomically and durably what `decide` says, or nothing.
    ///
    /// When the commit overwrites or deletes a row among `reads` whose payload is a blob, and no row
    /// that it writes takes that payload over by `.sameAs`, the blob is deleted once nobody reads it.
    /// So list in `reads` every key that may already hold a row; a key drawn fresh need not be.
    ///
    /// - Parameters:
    ///   - reads: the keys whose rows `decide` looks at. They are prefetched by the calling task and
    ///     revalidated by the committer against the latest state and its own pending mutations.
    ///   - attachments: payload bytes that the rows of this commit refer to as `.attachment(index)`.
    ///   - decide: a pure, synchronous function of the rows read and the position given; it runs on
    ///     the committer, may run again, and must not block, log or call a key backend. The keys of
    ///     its mutations are distinct and within the engine's part of `KeySpace`.
    ///   - meanwhile: work for which the calling thread has time while the commit is on its way. May run
    ///     again, must not block, and nothing waits for what it begins.
    /// - Returns: when the commit is durable, or what `decide` refused it for.
    func commit<Refusal: Sendable>(
        reads: [[UInt8]],
        attachments: [[UInt8]],
        meanwhile: @escaping @Sendable () -> Void,
        decide: @escaping @Sendable (CommitView) -> Decision<Refusal>
    ) async throws(StorageError) -> CommitOutcome<Refusal>

    /// The commits after `lsn`, in their order, as they become durable and visible; those to come too, unless
    /// `last` says where to end.
    func follow(after lsn: UInt64, through last: UInt64?) -> any CommitFollower

    /// Ends all followers: what they wait for will not come.
    func endFollowing()
}

/// Follows the commits of a store. For one task at a time.
package protocol CommitFollower: Sendable {
    /// The next commits that have notes, at least one; waits for them. Nil when the store is
    /// closed, and behind the last commit that was asked for.
    ///
    /// - Throws: `positionExpired` where the next commit is not kept any more; `cancelled`.
    func next() async throws(StorageError) -> [CommittedNote]?
}

/// What a commit left for those who follow.
package struct CommittedNote: Sendable, Equatable {
    package var lsn: UInt64
    package var timeMilliseconds: Int64
    package var note: [UInt8]
    package init(lsn: UInt64, timeMilliseconds: Int64, note: [UInt8]) {
        self.lsn = lsn
        self.timeMilliseconds = timeMilliseconds
        self.note = note
    }
}

extension MetadataStore {
    /// As the requirement, with nothing to do meanwhile.
    package func commit<Refusal: Sendable>(
        reads: [[UInt8]],
        attachments: [[UInt8]],
        decide: @escaping @Sendable (CommitView) -> Decision<Refusal>
    ) async throws(StorageError) -> CommitOutcome<Refusal> {
        try await commit(reads: reads, attachments: attachments, meanwhile: {}, decide: decide)
    }
}

/// A read fails either below (`storage`) or in the caller's closure (`body`).
package enum MetadataReadError<Failure: Error>: Error {
    case storage(StorageError)
    case body(Failure)
}

/// A consistent state of all rows as of `lsn`.
package protocol MetadataSnapshot {
    /// The last commit that this snapshot contains.
    var lsn: UInt64 { get }

    func row(_ key: [UInt8]) throws(StorageError) -> StoredRow?

    /// Visits rows with `lowerBound <= key < upperBound` in byte order of the keys.
    func scan(
        from lowerBound: [UInt8], to upperBound: [UInt8]?,
        _ visit: (_ key: [UInt8], _ row: StoredRow) throws(StorageError) -> ScanStep
    ) throws(StorageError)

    /// What the rows add up to; nil while they are being added up.
    ///
    /// - Parameter prefixes: what the names begin with that will be asked for; nil for all.
    func sums(_ definition: RowSumDefinition, namesStartingWith prefixes: [[UInt8]]?) throws(StorageError) -> RowSums?
}

package enum ScanStep: Equatable, Sendable {
    case next
    /// Go on at the first key that is not less than this one (and not before the current one).
    case seek([UInt8])
    case stop
}

/// A row as stored: what the engine wrote, and where its payload lies now (moved by checkpoints and
/// compaction, hence no part of `value` and not covered by the row MAC).
package struct StoredRow: Sendable, Equatable {
    package var value: [UInt8]
    package var payload: PayloadLocation
    package init(value: [UInt8], payload: PayloadLocation) {
        self.value = value
        self.payload = payload
    }
}

/// The homes of a payload.
package enum PayloadLocation: Sendable, Equatable {
    case none
    /// In the row itself (tiny payloads, after a checkpoint; or any payload in memory).
    case inline([UInt8])
    /// In a journal segment.
    case segment(id: UInt64, offset: UInt64, lengthBytes: UInt32)
    /// In an immutable file of its own.
    case blob(BlobReference)
}

/// What `decide` sees.
package struct CommitView: Sendable {
    /// The position that this commit will have if it goes through.
    package var lsn: UInt64
    /// Store time, milliseconds since 1970; never goes back.
    package var timeMilliseconds: Int64
    /// The current rows, in the order of `reads`.
    package var rows: [StoredRow?]
    package init(lsn: UInt64, timeMilliseconds: Int64, rows: [StoredRow?]) {
        self.lsn = lsn
        self.timeMilliseconds = timeMilliseconds
        self.rows = rows
    }
}

package enum Decision<Refusal: Sendable>: Sendable {
    /// `frees`: what it writes is needed to free space; it may use what is kept for that on a full disk, as commits
    /// that only delete rows do.
    ///
    /// `note`: for those who follow the store; it stands in the commit's frame alone, and goes with it.
    case commit([RowMutation], frees: Bool = false, note: [UInt8] = [])
    case refuse(Refusal)
}

package enum CommitOutcome<Refusal: Sendable>: Sendable {
    case committed(CommitReceipt)
    case refused(Refusal)
}

package struct CommitReceipt: Sendable, Equatable {
    package var lsn: UInt64
    package var timeMilliseconds: Int64
    package init(lsn: UInt64, timeMilliseconds: Int64) {
        self.lsn = lsn
        self.timeMilliseconds = timeMilliseconds
    }
}

/// An absolute change of one row: applying it twice changes nothing.
package struct RowMutation: Sendable, Equatable {
    package enum Change: Sendable, Equatable {
        case put(value: [UInt8], payload: PayloadSource)
        case delete
    }
    package var key: [UInt8]
    package var change: Change
    package init(key: [UInt8], change: Change) {
        self.key = key
        self.change = change
    }
}

/// Where the payload of a row comes from when it is written.
package enum PayloadSource: Sendable, Equatable {
    case none
    /// Bytes that travel in this commit's journal frame.
    case attachment(Int)
    /// A blob that was made durable before the commit.
    case blob(BlobReference)
    /// The payload of the row read as `reads[index]`, unchanged (tagging, a version moved aside).
    case sameAs(read: Int)
}
