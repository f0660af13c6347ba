import Glibc
package import StrongroomSystem
import Synchronization
package import SystemPackage

/// The catalog in LMDB: what the last checkpoint wrote.
///
/// Invariants: one environment per process and folder; write transactions begin and commit on one
/// thread of its own; read transactions live only inside `read`; nothing works in a forked child.
package final class LMDBIndex: OrderedIndex {
    package struct Options: Sendable {
        /// Address space reserved for the map. Costs neither memory nor disk; doubled when it is full.
        package var mapSizeBytes = 64 << 30
        /// How many reads may run at once.
        package var maximumReaders = 512
        /// Kept allocated past the file's end: a checkpoint's worth of pages.
        package var reservedTailBytes = 64 << 20
        /// Whether an absent or empty catalog is damage (the store had one) or a new store.
        package var mustExist = false

        package init() {}
    }

    private struct Writes {
        var isClosed = false
        /// After a failed write or sync Linux has marked the pages clean and reports nothing more; or the map is lost.
        var isPoisoned = false
    }

    let environment: LMDBEnvironment
    private let identity: EnvironmentRegistry.Identity
    private let options: Options
    let readers: ReaderGate
    private let writer = WriterThread()
    /// Held for a whole write: one at a time.
    private let writes = Monitor(Writes())
    private let processID = getpid()
    private let isTailReservedFlag = Atomic(true)

    /// Opens the catalog in `directory`, which exists, and makes a new one where there is none.
    package init(directory: FilePath, options: Options = Options()) throws(StorageError) {
        precondition((1...65_536).contains(options.maximumReaders), "between 1 and 65,536 readers")
        precondition(options.mapSizeBytes >= 1 << 20, "the map has at least 1 MiB")
        precondition(options.reservedTailBytes >= 0, "the reserve is a number of bytes")
        self.options = options
        let files = PosixFileSystem()
        try files.requireLocalFileSystem(directory)
        identity = try EnvironmentRegistry.claim(directory)
        do throws(StorageError) {
            let fileSizeBytes = try CatalogFileCheck.check(directory, mustExist: options.mustExist, files: files)
            environment = try LMDBEnvironment(
                directory, mapSizeBytes: Self.mapSize(options.mapSizeBytes, fileSizeBytes: fileSizeBytes),
                maximumReaders: options.maximumReaders)
        } catch {
            EnvironmentRegistry.release(identity)
            throw error
        }
        readers = ReaderGate(environment)
        try prepareHeader(directory, files: files)
    }

    deinit { close() }

    /// Whole units of 64 KiB (every machine's page size divides that), with room above what is there.
    private static func mapSize(_ wantedBytes: Int, fileSizeBytes: UInt64) -> Int {
        let unit = 64 << 10
        return (max(wantedBytes, Int(clamping: fileSizeBytes) + (1 << 20)) + unit - 1) / unit * unit
    }

    package func close() {
        // A forked child inherits the object but not the catalog: the parent's locks are not its own.
        guard getpid() == processID else { return }
        precondition(!writer.isCurrent, "the catalog was closed inside a write")
        writes.withLock { writes in
            guard !writes.isClosed else { return }
            writes.isClosed = true
            readers.close()
            environment.close()
            EnvironmentRegistry.release(identity)
        }
    }

    // MARK: - Reading

    package func read<Value, Failure: Error>(
        _ body: (any OrderedIndexSnapshot) throws(Failure) -> Value
    ) throws(OrderedIndexReadError<Failure>) -> Value {
        let transaction: LMDBTransaction
        do throws(StorageError) {
            try requireSameProcess()
            transaction = try readers.enter()
        } catch {
            throw .index(error)
        }
        return try read(in: transaction, body)
    }

    package func readUnlessPaused<Value, Failure: Error>(
        _ body: (any OrderedIndexSnapshot) throws(Failure) -> Value
    ) throws(OrderedIndexReadError<Failure>) -> Value? {
        let transaction: LMDBTransaction?
        do throws(StorageError) {
            try requireSameProcess()
            transaction = try readers.enterUnlessPaused()
        } catch {
            throw .index(error)
        }
        guard let transaction else { return nil }
        return try read(in: transaction, body)
    }

    private func read<Value, Failure: Error>(
        in transaction: LMDBTransaction, _ body: (any OrderedIndexSnapshot) throws(Failure) -> Value
    ) throws(OrderedIndexReadError<Failure>) -> Value {
        let access = TrieAccess(transaction, path: environment.path)
        defer {
            access.end()
            readers.leave(transaction)
        }
        do throws(Failure) {
            return try body(TrieSnapshot(access: access))
        } catch {
            throw .body(error)
        }
    }

    package func statistics() throws(StorageError) -> LMDBStatistics {
        try requireSameProcess()
        let transaction = try readers.enter()
        defer { readers.leave(transaction) }
        return environment.statistics()
    }

    // MARK: - Writing

    /// `body` runs again from the start when the map was too small for it.
    package func write(
        _ body: (any OrderedIndexTransaction) throws(StorageError) -> Void
    ) throws(StorageError) {
        try transact { trie throws(StorageError) in try body(trie) }
    }

    private func transact(_ body: (TrieTransaction) throws(StorageError) -> Void) throws(StorageError) {
        try requireSameProcess()
        precondition(!writer.isCurrent, "a write of the catalog inside another one")
        precondition(!readers.isInside, "a write of the catalog inside a read")
        try writes.withLock { writes throws(StorageError) in
            if writes.isClosed { throw .catalogIsClosed(environment.path) }
            if writes.isPoisoned { throw LMDBFailure.poisoned.storageError(path: environment.path) }
            var outcome = Attempt.mapIsFull
            writer.run {
                repeat { outcome = attempt(body) } while outcome.isMapFull && growOrFail(&outcome)
                isTailReservedFlag.store(environment.reserveTail(options.reservedTailBytes), ordering: .relaxed)
            }
            switch outcome {
            case .committed: return
            case .refused(let error): throw error
            case .failed(let error):
                // A full disk is no reason: LMDB had not touched what the catalog consists of.
                if error.code != .diskFull { writes.isPoisoned = true }
                throw error
            case .mapIsFull: throw LMDBFailure.mapFull.storageError(path: environment.path)
            }
        }
    }

    /// False when the disk had no room for the reserve past the file's end: then a delete may need space
    /// that is not there, and it is time to refuse what makes the catalog grow.
    package var isTailReserved: Bool { isTailReservedFlag.load(ordering: .relaxed) }

    private enum Attempt {
        case committed
        /// Given up before the commit: nothing was written.
        case refused(StorageError)
        /// The commit failed: the file may hold half of it, and only opening again tells.
        case failed(StorageError)
        case mapIsFull

        var isMapFull: Bool { if case .mapIsFull = self { true } else { false } }
    }

    /// One transaction around `body`.
    private func attempt(_ body: (TrieTransaction) throws(StorageError) -> Void) -> Attempt {
        let transaction: LMDBTransaction
        do throws(LMDBFailure) {
            transaction = try environment.begin(isReadOnly: false)
        } catch {
            return .refused(error.storageError(path: environment.path))
        }
        // Does nothing after a commit.
        defer { transaction.abort() }
        let access = TrieAccess(transaction, path: environment.path)
        var refusal: StorageError?
        do throws(StorageError) {
            let trie = TrieTransaction(access)
            try body(trie)
            try trie.finish()
        } catch {
            refusal = error
        }
        access.end()
        // LMDB's own failure decides, even where `body` caught it or threw something else after it.
        if let failure = access.failure {
            return failure.isMapFull ? .mapIsFull : .refused(failure.storageError(path: environment.path))
        }
        if let refusal { return .refused(refusal) }
        do throws(LMDBFailure) {
            try transaction.commit()
        } catch {
            return error.isMapFull ? .mapIsFull : .failed(environment.commitError(error))
        }
        return .committed
    }

    private func growOrFail(_ outcome: inout Attempt) -> Bool {
        do throws(LMDBFailure) {
            try readers.drained { () throws(LMDBFailure) in try environment.grow() }
            return true
        } catch {
            let failure = error.storageError(path: environment.path)
            // Without a map no later write may begin, either.
            outcome = environment.isMapLost ? .failed(failure) : .refused(failure)
            return false
        }
    }

    // MARK: - Opening

    private func requireSameProcess() throws(StorageError) {
        if getpid() == processID { return }
        throw StorageError(
            .closed, "the catalog was opened before a fork and cannot be used in the child; open the store there",
            path: environment.path)
    }

    /// Makes a new catalog durable, or sees that an existing one is of a kind that this code writes.
    private func prepareHeader(_ directory: FilePath, files: any FileSystem) throws(StorageError) {
        switch try readHeader() {
        case .present: break
        case .absent where options.mustExist:
            throw TrieHeader.damaged("it was never written to", path: environment.path)
        case .absent:
            try transact { trie in trie.initialize() }
            try files.synchronizeDirectory(directory)
        }
        writer.run {
            isTailReservedFlag.store(environment.reserveTail(options.reservedTailBytes), ordering: .relaxed)
        }
    }

    private enum HeaderState { case present, absent }

    private func readHeader() throws(StorageError) -> HeaderState {
        let transaction = try readers.enter()
        let access = TrieAccess(transaction, path: environment.path)
        defer {
            access.end()
            readers.leave(transaction)
        }
        guard let bytes = try access.get(TrieKey.headerKey) else {
            let rows = try access.openRows()
            let hasRows = try access.run { () throws(LMDBFailure) in try rows.seek(TrieKey.parent(TrieKey.rootID)) }
            if hasRows { throw TrieHeader.damaged("its header row is missing", path: environment.path) }
            return .absent
        }
        _ = try TrieHeader.decode(bytes, path: environment.path)
        return .present
    }
}
