import CLMDB
import Glibc

/// A cursor over the rows as LMDB has them. Ends with its transaction: `close` comes first.
///
/// Safe to use: the transaction is retained, and `close` makes every later use trap.
@safe
final class LMDBRowCursor {
    private let transaction: LMDBTransaction
    private var handle: OpaquePointer?
    private var key = unsafe MDB_val()
    private var value = unsafe MDB_val()

    init(transaction: LMDBTransaction, handle: OpaquePointer, table: MDB_dbi) throws(LMDBFailure) {
        self.transaction = transaction
        var cursor: OpaquePointer?
        // Safe: a live transaction's handle; `cursor` is written before it is read.
        try unsafe LMDBFailure.check(mdb_cursor_open(handle, table, &cursor), "open cursor")
        unsafe self.handle = cursor
    }

    deinit { close() }

    func close() {
        guard let handle = unsafe handle else { return }
        // Safe: closed once, before its transaction ends.
        unsafe mdb_cursor_close(handle)
        unsafe self.handle = nil
    }

    /// Moves to the first row whose key is not less than `lowerBound`; false when there is none.
    ///
    /// LMDB has no checksums, and finds its way by keys in branch pages. Where a bit of one of those has changed it
    /// comes to another leaf, and takes what it finds there for the answer. But rows follow each other in the order of
    /// the leaves, whatever branches say: so the rows on both sides of the place tell whether it is the right one.
    ///
    /// - Throws: `MDB_CORRUPTED` where they tell that it is not.
    func seek(_ lowerBound: [UInt8]) throws(LMDBFailure) -> Bool {
        let hasRow = try move(to: lowerBound)
        let order = hasRow ? compareKey(to: lowerBound) : 1
        if order == 0 { return true }
        guard order > 0 else { throw Self.misplaced }
        let following = unsafe key
        // Safe, as in `step`.
        if try found(unsafe mdb_cursor_get(live, &key, &value, hasRow ? MDB_PREV : MDB_LAST)) {
            guard compareKey(to: lowerBound) < 0 else { throw Self.misplaced }
            // Safe: nothing is read.
            if unsafe isInLeaf(of: following) { return try step() }
            try leaveLeaf(MDB_PREV)
        }
        guard try move(to: lowerBound) else { return false }
        try leaveLeaf(MDB_NEXT)
        return try move(to: lowerBound)
    }

    /// Whether the current row and that one are surely in one leaf, which is then the right one for what is between.
    ///
    /// Only a read transaction can say so: what a write transaction has changed lies outside the map.
    @unsafe
    private func isInLeaf(of other: MDB_val) -> Bool {
        // Safe: addresses alone, of which nothing is read. The map begins with a page.
        let (one, other) = unsafe (UInt(bitPattern: key.mv_data), UInt(bitPattern: other.mv_data))
        return transaction.isReadOnly && one / transaction.pageSizeBytes == other / transaction.pageSizeBytes
    }

    /// Goes on in one direction until the cursor has left its leaf.
    ///
    /// What stands at the edge of a leaf may belong to another one: the branch above names a leaf in the place of that
    /// one. Then this leaf has two places in the tree, and what stands behind one of them is out of order.
    ///
    /// - Throws: `MDB_CORRUPTED` for that.
    private func leaveLeaf(_ direction: MDB_cursor_op) throws(LMDBFailure) {
        let start = unsafe key
        while true {
            let previous = unsafe key
            // Safe, as in `step`; and nothing is written before this returns.
            guard try found(unsafe mdb_cursor_get(live, &key, &value, direction)) else { return }
            let order = unsafe Self.order(of: key, to: previous)
            guard direction == MDB_NEXT ? order > 0 : order < 0 else { throw Self.misplaced }
            // Safe: addresses alone, as above. What is so far away is in another page, wherever pages lie.
            let distance = unsafe Int(bitPattern: key.mv_data) - Int(bitPattern: start.mv_data)
            if distance.magnitude >= transaction.pageSizeBytes { return }
        }
    }

    /// Whether the current row has that key.
    func isAt(_ key: [UInt8]) -> Bool { compareKey(to: key) == 0 }

    static let misplaced = LMDBFailure(code: MDB_CORRUPTED, call: "find a row")

    private func move(to lowerBound: [UInt8]) throws(LMDBFailure) -> Bool {
        // Safe: the key that LMDB leaves behind points into its map, or to `lowerBound` when nothing was found.
        let code = unsafe lowerBound.withLMDBValue { bound in
            let code = unsafe mdb_cursor_get(live, &bound, &value, MDB_SET_RANGE)
            unsafe key = bound
            return code
        }
        return try found(code)
    }

    /// Moves to the following row; false when there is none.
    ///
    /// - Throws: `MDB_CORRUPTED` where that does not stand behind this one: a damaged branch led to another leaf. In a
    ///   write transaction nobody looks, for this row may be another one by now.
    func step() throws(LMDBFailure) -> Bool {
        let previous = unsafe key
        // Safe: LMDB writes both and reads neither.
        guard try found(unsafe mdb_cursor_get(live, &key, &value, MDB_NEXT)) else { return false }
        // Safe: both keys point into the map, which no read transaction changes.
        if transaction.isReadOnly, unsafe Self.order(of: key, to: previous) <= 0 { throw Self.misplaced }
        return true
    }

    /// Runs `body` with the current row's key, which lies in the map: valid inside only.
    func withKey<Result>(_ body: (Span<UInt8>) -> Result) -> Result {
        // Safe: the key points into the map, which this transaction keeps as it is until the next write.
        unsafe body(Span(_unsafeBytes: UnsafeRawBufferPointer(start: key.mv_data, count: key.mv_size)))
    }

    /// A copy of the current row's key.
    func copyKey() -> [UInt8] {
        // Safe: as in `withKey`.
        unsafe [UInt8](key)
    }

    /// A copy of the current row's value.
    func copyValue() -> [UInt8] {
        // Safe: as in `withKey`.
        unsafe [UInt8](value)
    }

    /// Negative, zero or positive as the current row's key stands before, at or after `other`.
    private func compareKey(to other: [UInt8]) -> Int {
        // Safe: as in `withKey`, and nothing is written to.
        unsafe other.withUnsafeBytes { other in
            let other = unsafe MDB_val(
                mv_size: other.count, mv_data: UnsafeMutableRawPointer(mutating: other.baseAddress))
            return unsafe Self.order(of: key, to: other)
        }
    }

    @unsafe
    private static func order(of left: MDB_val, to right: MDB_val) -> Int {
        // Safe where both point to as many bytes as they say: no more is compared than both have.
        let common = unsafe min(left.mv_size, right.mv_size)
        let order = common == 0 ? 0 : unsafe memcmp(left.mv_data, right.mv_data, common)
        return order != 0 ? Int(order) : unsafe left.mv_size - right.mv_size
    }

    private func found(_ code: Int32) throws(LMDBFailure) -> Bool {
        if code == MDB_NOTFOUND {
            unsafe key = MDB_val()
            unsafe value = MDB_val()
            return false
        }
        try LMDBFailure.check(code, "cursor")
        return true
    }

    private var live: OpaquePointer {
        guard let handle = unsafe handle else { preconditionFailure("the catalog's cursor has ended") }
        return unsafe handle
    }
}

extension [UInt8] {
    /// A copy of bytes that LMDB points to.
    @unsafe
    init(_ value: MDB_val) {
        // Safe where the caller says that the map still holds what `value` points to.
        unsafe self = Array(UnsafeRawBufferPointer(start: value.mv_data, count: value.mv_size))
    }

    /// Runs `body` with these bytes as LMDB wants them. LMDB's type is mutable, but it never writes to them.
    @unsafe
    func withLMDBValue(_ body: (inout MDB_val) -> Int32) -> Int32 {
        // Safe: the pointer is used inside `body` only.
        unsafe withUnsafeBytes { bytes in
            var value = unsafe MDB_val(
                mv_size: bytes.count, mv_data: UnsafeMutableRawPointer(mutating: bytes.baseAddress))
            return unsafe body(&value)
        }
    }
}
