import StrongroomSystem

/// Reading names: what `LMDBIndex.read` hands out.
struct TrieSnapshot: OrderedIndexSnapshot {
    let access: TrieAccess

    func value(_ key: [UInt8]) throws(StorageError) -> [UInt8]? { try access.value(key) }

    func cursor() throws(StorageError) -> any OrderedIndexCursor { try TrieCursor(access) }
}

/// Changing names: what `LMDBIndex.write` hands out. An edge is made with the first long name under
/// it and goes with the last.
final class TrieTransaction: OrderedIndexTransaction {
    private let access: TrieAccess
    /// Read when the first edge is made.
    private var header: TrieHeader?
    private var headerHasChanged = false
    /// Looks whether a child still has rows.
    private var probe: LMDBRowCursor?

    init(_ access: TrieAccess) {
        self.access = access
    }

    func value(_ key: [UInt8]) throws(StorageError) -> [UInt8]? { try access.value(key) }

    func cursor() throws(StorageError) -> any OrderedIndexCursor { try TrieCursor(access) }

    func put(_ key: [UInt8], _ value: [UInt8]) throws(StorageError) {
        OrderedIndexLimits.check(key: key)
        OrderedIndexLimits.check(value: value)
        var parent = TrieKey.rootID
        var position = 0
        while true {
            var row = TrieKey.parent(parent)
            row.reserveCapacity(TrieKey.maximumBytes)
            guard let next = TrieKey.appendPiece(of: key, from: position, to: &row) else {
                return try access.put(row, value)
            }
            if let edge = try access.get(row) {
                parent = try access.child(of: edge)
            } else {
                parent = try allocateChild()
                try access.put(row, TrieKey.childID(parent))
            }
            position = next
        }
    }

    func delete(_ key: [UInt8]) throws(StorageError) {
        OrderedIndexLimits.check(key: key)
        var path: [(edge: [UInt8], child: UInt64)] = []
        var parent = TrieKey.rootID
        var position = 0
        while true {
            var row = TrieKey.parent(parent)
            guard let next = TrieKey.appendPiece(of: key, from: position, to: &row) else {
                guard try access.delete(row) else { return }
                break
            }
            guard let edge = try access.get(row) else { return }
            parent = try access.child(of: edge)
            path.append((row, parent))
            position = next
        }
        while let (edge, child) = path.popLast(), try !hasRows(child) {
            guard try access.delete(edge) else { throw access.damaged("the edge of a long key vanished") }
        }
    }

    /// Writes what the transaction keeps in memory. The last step before the commit.
    func finish() throws(StorageError) {
        guard let header, headerHasChanged else { return }
        try access.put(TrieKey.headerKey, header.encoded())
    }

    /// The first transaction of a new catalog.
    func initialize() {
        header = TrieHeader()
        headerHasChanged = true
    }

    private func allocateChild() throws(StorageError) -> UInt64 {
        var current = if let header { header } else { try access.header() }
        let child = current.nextChildID
        current.nextChildID += 1
        header = current
        headerHasChanged = true
        return child
    }

    private func hasRows(_ child: UInt64) throws(StorageError) -> Bool {
        let rows = if let probe { probe } else { try access.openRows() }
        probe = rows
        let parent = TrieKey.parent(child)
        guard try access.run({ () throws(LMDBFailure) in try rows.seek(parent) }) else { return false }
        return rows.withKey { TrieKey.decodeParent($0)?.id == child }
    }
}
