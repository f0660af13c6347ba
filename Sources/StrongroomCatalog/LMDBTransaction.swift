import CLMDB

/// A transaction of liblmdb: the only place that passes keys and values to it.
///
/// Safe as long as its caller keeps LMDB's rules, which `LMDBIndex` does: the environment outlives it,
/// a write transaction stays on one thread, and nothing is used after `commit` or `abort`.
@safe
final class LMDBTransaction {
    private var handle: OpaquePointer?
    private let table: MDB_dbi
    let pageSizeBytes: UInt
    let isReadOnly: Bool

    init(
        environment: OpaquePointer, table: MDB_dbi, pageSizeBytes: UInt, isReadOnly: Bool
    ) throws(LMDBFailure) {
        self.table = table
        self.pageSizeBytes = pageSizeBytes
        self.isReadOnly = isReadOnly
        var handle: OpaquePointer?
        // Safe: the environment is open, and `handle` is written before it is read.
        try unsafe LMDBFailure.check(
            mdb_txn_begin(environment, nil, isReadOnly ? UInt32(MDB_RDONLY) : 0, &handle), "begin")
        unsafe self.handle = handle
    }

    deinit { abort() }

    /// Of the state that a read transaction sees.
    var id: Int {
        // Safe: a live transaction.
        unsafe mdb_txn_id(live)
    }

    // MARK: - Life

    func commit() throws(LMDBFailure) {
        let handle = unsafe take()
        // Safe: the handle was live and is gone from this object; LMDB frees it whatever comes back.
        try unsafe LMDBFailure.check(mdb_txn_commit(handle), "commit")
    }

    func abort() {
        guard unsafe handle != nil else { return }
        // Safe: as in `commit`.
        unsafe mdb_txn_abort(take())
    }

    /// Gives up a read transaction's snapshot but keeps its slot among the readers for `renew`.
    func reset() {
        assert(isReadOnly)
        // Safe: a live read transaction.
        unsafe mdb_txn_reset(live)
    }

    func renew() throws(LMDBFailure) {
        assert(isReadOnly)
        // Safe: a read transaction that was reset.
        try unsafe LMDBFailure.check(mdb_txn_renew(live), "renew")
    }

    // MARK: - Rows

    func get(_ key: [UInt8]) throws(LMDBFailure) -> [UInt8]? {
        var value = unsafe MDB_val()
        let code = unsafe key.withLMDBValue { key in
            // Safe: LMDB reads the key and points `value` into its map.
            unsafe mdb_get(live, table, &key, &value)
        }
        if code == MDB_NOTFOUND {
            try proveAbsence(of: key)
            return nil
        }
        try LMDBFailure.check(code, "get")
        // Safe: nothing is written between the get and this copy.
        return unsafe [UInt8](value)
    }

    func put(_ key: [UInt8], _ value: [UInt8]) throws(LMDBFailure) {
        let code = unsafe key.withLMDBValue { key in
            unsafe value.withLMDBValue { value in
                // Safe: LMDB copies both before it returns.
                unsafe mdb_put(live, table, &key, &value, 0)
            }
        }
        try LMDBFailure.check(code, "put")
    }

    /// False when there was no such key.
    func delete(_ key: [UInt8]) throws(LMDBFailure) -> Bool {
        // Safe: LMDB reads the key; a table without duplicates needs no value.
        let code = unsafe key.withLMDBValue { key in unsafe mdb_del(live, table, &key, nil) }
        if code == MDB_NOTFOUND {
            try proveAbsence(of: key)
            return false
        }
        try LMDBFailure.check(code, "delete")
        return true
    }

    /// A damaged branch leads past a row that is there: see `LMDBRowCursor.seek`.
    private func proveAbsence(of key: [UInt8]) throws(LMDBFailure) {
        let rows = try rows()
        defer { rows.close() }
        guard try rows.seek(key), rows.isAt(key) else { return }
        throw LMDBRowCursor.misplaced
    }

    func rows() throws(LMDBFailure) -> LMDBRowCursor {
        // Safe: the cursor retains this transaction; whoever ends it closes the cursor first.
        try unsafe LMDBRowCursor(transaction: self, handle: live, table: table)
    }

    private var live: OpaquePointer {
        guard let handle = unsafe handle else { preconditionFailure("the catalog's transaction has ended") }
        return unsafe handle
    }

    private func take() -> OpaquePointer {
        let handle = unsafe live
        unsafe self.handle = nil
        return unsafe handle
    }
}
