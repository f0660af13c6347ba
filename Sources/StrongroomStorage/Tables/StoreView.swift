internal import StrongroomCatalog
internal import StrongroomSystem
internal import Synchronization

/// Tables and index together: what readers, the committer and the checkpointer share.
final class StoreView: Sendable {
    let index: any OrderedIndex
    let epochs = ReadEpochs()
    let temperature = IndexTemperature()
    /// For those who wait for commits.
    let commits = CommitSignal()
    /// For those who have not read all of the journal yet.
    let holds: JournalHolds
    /// Held, by threads that may block, while what nobody reads any more is overwritten or unlinked.
    let reclaiming = Mutex(())
    private let tables: Mutex<RowTables>

    init(tables: RowTables, index: any OrderedIndex, holds: JournalHolds = JournalHolds()) {
        self.holds = holds
        self.tables = Mutex(tables)
        self.index = index
    }

    func withTables<Value>(_ body: (inout RowTables) -> sending Value) -> sending Value {
        tables.withLock { body(&$0) }
    }

    /// Runs `body` with a consistent snapshot. Blocks.
    ///
    /// The tables are taken first, then the read transaction. A checkpoint that got into the index in
    /// between may have brought commits which these tables do not know; `containedLSN` tells, and the
    /// next attempt takes newer tables.
    func read<Value, Failure: Error>(
        _ body: (EmbeddedSnapshot) throws(Failure) -> Value
    ) throws(MetadataReadError<Failure>) -> Value {
        while true {
            let tables = withTables { $0 }
            let attempt: Result<Value, MetadataReadError<Failure>>?
            do throws(OrderedIndexReadError<Never>) {
                attempt = try index.read { snapshot in Self.attempt(tables, snapshot, body) }
            } catch {
                guard case .index(let fault) = error else { preconditionFailure("attempts do not throw") }
                throw .storage(fault)
            }
            if let attempt { return try attempt.get() }
        }
    }

    /// Nil when the index is ahead of the tables.
    private static func attempt<Value, Failure: Error>(
        _ tables: RowTables, _ snapshot: any OrderedIndexSnapshot,
        _ body: (EmbeddedSnapshot) throws(Failure) -> Value
    ) -> Result<Value, MetadataReadError<Failure>>? {
        do throws(StorageError) {
            guard try checkpointState(in: snapshot).containedLSN <= tables.lastLSN else { return nil }
        } catch {
            return .failure(.storage(error))
        }
        do throws(Failure) {
            return .success(try body(EmbeddedSnapshot(tables: tables, base: snapshot)))
        } catch {
            return .failure(.body(error))
        }
    }

    /// Blocks.
    static func checkpointState(of index: any OrderedIndex) throws(StorageError) -> CheckpointState {
        do throws(OrderedIndexReadError<StorageError>) {
            return try index.read { (snapshot) throws(StorageError) in try Self.checkpointState(in: snapshot) }
        } catch {
            switch error {
            case .index(let error), .body(let error): throw error
            }
        }
    }

    /// The segments in which rows of the index have payloads.
    static func usedSegments(of index: any OrderedIndex) throws(StorageError) -> Set<UInt64> {
        do throws(OrderedIndexReadError<StorageError>) {
            return try index.read { (snapshot) throws(StorageError) in Set(try segmentUsages(in: snapshot).keys) }
        } catch {
            switch error {
            case .index(let error), .body(let error): throw error
            }
        }
    }

    static func checkpointState(in snapshot: any OrderedIndexSnapshot) throws(StorageError) -> CheckpointState {
        guard let bytes = try snapshot.value(CheckpointState.key) else {
            throw StorageError(.corrupted, "the catalog has no checkpoint row; rebuild the catalog")
        }
        do throws(CheckpointState.Fault) {
            return try CheckpointState(decoding: bytes)
        } catch {
            switch error {
            case .damaged:
                throw StorageError(.corrupted, "the catalog's checkpoint row is damaged; rebuild the catalog")
            case .unknownFormat(let format):
                throw StorageError(
                    .unsupportedFormat, "the catalog has format \(format); open the store with a newer version")
            }
        }
    }
}
