import StrongroomSystem
import SystemPackage

/// One transaction as the trie sees it, shared by what a closure received: the snapshot or transaction
/// and its cursors. Belongs to one thread, and `end` makes every later use trap.
final class TrieAccess {
    private let transaction: LMDBTransaction
    private let path: FilePath
    private var cursors: [LMDBRowCursor] = []
    private var hasEnded = false

    /// Counts changes, so that a cursor notices that the rows under it have moved.
    private(set) var changeCount = 0
    /// The first failure of LMDB. It decides what becomes of a write transaction even where the
    /// closure caught the error: LMDB must not commit after one.
    private(set) var failure: LMDBFailure?

    init(_ transaction: LMDBTransaction, path: FilePath) {
        self.transaction = transaction
        self.path = path
    }

    /// Closes the cursors; the caller then ends the transaction.
    func end() {
        hasEnded = true
        for cursor in cursors { cursor.close() }
        cursors.removeAll()
    }

    func run<Result>(_ body: () throws(LMDBFailure) -> Result) throws(StorageError) -> Result {
        precondition(!hasEnded, "the catalog was used outside the closure that received it")
        do throws(LMDBFailure) {
            return try body()
        } catch {
            if failure == nil { failure = error }
            throw error.storageError(path: path)
        }
    }

    func damaged(_ what: String) -> StorageError { TrieHeader.damaged(what, path: path) }

    func header() throws(StorageError) -> TrieHeader {
        guard let bytes = try get(TrieKey.headerKey) else { throw damaged("its header row is missing") }
        return try TrieHeader.decode(bytes, path: path)
    }

    // MARK: - Rows

    func get(_ row: [UInt8]) throws(StorageError) -> [UInt8]? {
        try run { () throws(LMDBFailure) in try transaction.get(row) }
    }

    func put(_ row: [UInt8], _ value: [UInt8]) throws(StorageError) {
        changeCount += 1
        try run { () throws(LMDBFailure) in try transaction.put(row, value) }
    }

    /// False when there was no such row.
    func delete(_ row: [UInt8]) throws(StorageError) -> Bool {
        changeCount += 1
        return try run { () throws(LMDBFailure) in try transaction.delete(row) }
    }

    func openRows() throws(StorageError) -> LMDBRowCursor {
        let rows = try run { () throws(LMDBFailure) in try transaction.rows() }
        cursors.append(rows)
        return rows
    }

    // MARK: - Names

    func value(_ name: [UInt8]) throws(StorageError) -> [UInt8]? {
        OrderedIndexLimits.check(key: name)
        var parent = TrieKey.rootID
        var position = 0
        var row: [UInt8] = []
        row.reserveCapacity(TrieKey.maximumBytes)
        while true {
            row.removeAll(keepingCapacity: true)
            TrieKey.appendParent(parent, to: &row)
            guard let next = TrieKey.appendPiece(of: name, from: position, to: &row) else { return try get(row) }
            guard let edge = try get(row) else { return nil }
            parent = try child(of: edge)
            position = next
        }
    }

    /// The id that an edge's value holds.
    func child(of edge: [UInt8]) throws(StorageError) -> UInt64 {
        guard let child = TrieKey.decodeChildID(edge) else { throw damaged("the edge of a long key leads nowhere") }
        return child
    }
}
