import StrongroomStorage
import StrongroomSystem
import Synchronization

/// What a store asked of its storage: of each call its kind, and of rows their table.
final class StorageNotes: Sendable {
    private let notes = Mutex<[String]>([])

    func note(_ text: String) { notes.withLock { $0.append(text) } }

    func note(_ kind: String, _ rowKey: [UInt8]) { note("\(kind) \(rowKey.first.map { String($0) } ?? "-")") }

    /// What was noted while `body` ran.
    func during<Value>(_ body: () async throws -> Value) async rethrows -> (value: Value, calls: [String]) {
        notes.withLock { $0 = [] }
        let value = try await body()
        return (value, notes.withLock { $0 })
    }
}

/// Rows in memory, every look at which is noted.
final class NotedMetadataStore: MetadataStore {
    private let base: InMemoryMetadataStore
    private let notes: StorageNotes

    init(_ base: InMemoryMetadataStore, _ notes: StorageNotes) { (self.base, self.notes) = (base, notes) }

    func read<Value: Sendable, Failure: Error>(
        _ body: @escaping @Sendable (any MetadataSnapshot) throws(Failure) -> Value
    ) async throws(MetadataReadError<Failure>) -> Value {
        notes.note("snapshot")
        return try await base.read { [notes] (snapshot) throws(Failure) in
            try body(NotedSnapshot(base: snapshot, notes: notes))
        }
    }

    func pinnedRow(_ key: [UInt8]) async throws(StorageError) -> (any PinnedRow)? {
        notes.note("pinned row", key)
        return try await base.pinnedRow(key).map { NotedPinnedRow($0, notes) }
    }

    func commit<Refusal: Sendable>(
        reads: [[UInt8]], attachments: [[UInt8]], meanwhile: @escaping @Sendable () -> Void,
        decide: @escaping @Sendable (CommitView) -> Decision<Refusal>
    ) async throws(StorageError) -> CommitOutcome<Refusal> {
        notes.note("commit")
        return try await base.commit(reads: reads, attachments: attachments, meanwhile: meanwhile, decide: decide)
    }

    func follow(after lsn: UInt64, through last: UInt64?) -> any CommitFollower {
        notes.note("follow")
        return base.follow(after: lsn, through: last)
    }

    func endFollowing() { base.endFollowing() }
}

private struct NotedSnapshot: MetadataSnapshot {
    let base: any MetadataSnapshot
    let notes: StorageNotes

    var lsn: UInt64 { base.lsn }

    func row(_ key: [UInt8]) throws(StorageError) -> StoredRow? {
        notes.note("row", key)
        return try base.row(key)
    }

    func scan(
        from lowerBound: [UInt8], to upperBound: [UInt8]?,
        _ visit: (_ key: [UInt8], _ row: StoredRow) throws(StorageError) -> ScanStep
    ) throws(StorageError) {
        notes.note("scan", lowerBound)
        try base.scan(from: lowerBound, to: upperBound) { (key, row) throws(StorageError) in
            notes.note("scanned row", key)
            return try visit(key, row)
        }
    }

    func sums(_ definition: RowSumDefinition, namesStartingWith prefixes: [[UInt8]]?) throws(StorageError) -> RowSums? {
        notes.note("sums")
        return try base.sums(definition, namesStartingWith: prefixes)
    }
}

private final class NotedPinnedRow: PinnedRow {
    private let base: any PinnedRow
    private let notes: StorageNotes

    init(_ base: any PinnedRow, _ notes: StorageNotes) { (self.base, self.notes) = (base, notes) }

    var row: StoredRow { base.row }
    var lsn: UInt64 { base.lsn }

    func payloadBytes() async throws(StorageError) -> [UInt8] {
        notes.note("payload")
        return try await base.payloadBytes()
    }
}

/// Payloads in memory, every opening of which is noted.
final class NotedBlobStore: BlobStore {
    private let base: InMemoryBlobStore
    private let notes: StorageNotes

    init(_ base: InMemoryBlobStore, _ notes: StorageNotes) { (self.base, self.notes) = (base, notes) }

    func create(_ prelude: BlobPrelude) async throws(StorageError) -> any BlobWriter {
        notes.note("create blob")
        return try await base.create(prelude)
    }

    func open(_ reference: BlobReference, expecting prelude: BlobPrelude) async throws(StorageError) -> any BlobReader {
        notes.note("open blob")
        return try await base.open(reference, expecting: prelude)
    }

    func delete(_ reference: BlobReference) async throws(StorageError) {
        notes.note("delete blob")
        try await base.delete(reference)
    }
}
