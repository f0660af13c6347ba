import StrongroomSystem

/// Walks the names of the trie in byte order: rows of one parent after the other, down every edge
/// before what follows it.
final class TrieCursor: OrderedIndexCursor {
    typealias Entry = (key: [UInt8], value: [UInt8])

    /// A parent on the way down.
    private struct Level {
        let id: UInt64
        /// The edge that led here, in the parent above; empty for the root.
        let edge: [UInt8]
        /// How much of `name` the pieces above make.
        let nameCount: Int
    }

    private let access: TrieAccess
    private let rows: LMDBRowCursor
    private var levels: [Level] = []
    /// The pieces of the edges gone down, as a name.
    private var name: [UInt8] = []
    private var last: [UInt8]?
    private var changeCount: Int

    init(_ access: TrieAccess) throws(StorageError) {
        self.access = access
        rows = try access.openRows()
        changeCount = access.changeCount
    }

    func seek(_ key: [UInt8]) throws(StorageError) -> Entry? {
        changeCount = access.changeCount
        last = nil
        levels = [Level(id: TrieKey.rootID, edge: [], nameCount: 0)]
        name.removeAll(keepingCapacity: true)
        var parent = TrieKey.rootID
        var position = 0
        while true {
            var row = TrieKey.parent(parent)
            let next = TrieKey.appendPiece(of: key, from: position, to: &row)
            let found = try seekRow(row)
            // An edge spelled as the bound's own piece leads on; anything else here stands behind the bound.
            guard let next, found, rows.withKey({ $0.isEqual(to: row) }) else { return try settle(found) }
            parent = try access.child(of: rows.copyValue())
            name.append(contentsOf: key[position..<next])
            levels.append(Level(id: parent, edge: row, nameCount: name.count))
            position = next
        }
    }

    func next() throws(StorageError) -> Entry? {
        precondition(!levels.isEmpty, "seek before next")
        guard let last else { return nil }
        // A change of the transaction moves rows under LMDB's cursor. The least key after `last` is `last` with a 0x00.
        if changeCount != access.changeCount { return try seek(last + [0]) }
        return try settle(try stepRow())
    }

    // MARK: - Walking

    /// From a row, or the end, to the first name at or after it.
    private func settle(_ found: Bool) throws(StorageError) -> Entry? {
        var found = found
        var hasJustDescended = false
        while true {
            var key = name
            let row = found ? rows.withKey { TrieKey.decode($0, appendingTo: &key) } : nil
            let isInLevel = found && row?.parent == levels[levels.count - 1].id
            if found, row == nil, !isHeader { throw access.damaged("it holds a key that is none") }
            if let row, isInLevel {
                guard key.count <= OrderedIndexLimits.keyMaximumBytes else { throw access.damaged("a key is too long") }
                if row.kind == .entry { return try entry(key) }
                found = try descend(key)
                hasJustDescended = true
            } else {
                if hasJustDescended { throw access.damaged("the edge of a long key leads to nothing") }
                guard levels.count > 1 else {
                    last = nil
                    return nil
                }
                found = try ascend()
            }
        }
    }

    private func entry(_ key: [UInt8]) throws(StorageError) -> Entry {
        // Also what ends the walk of a damaged trie whose edges run in a circle.
        if let last, !ByteOrder.isLess(last, key) { throw access.damaged("its keys are out of order") }
        last = key
        return (key, rows.copyValue())
    }

    private func descend(_ key: [UInt8]) throws(StorageError) -> Bool {
        let child = try access.child(of: rows.copyValue())
        levels.append(Level(id: child, edge: rows.copyKey(), nameCount: key.count))
        name = key
        return try seekRow(TrieKey.parent(child))
    }

    private func ascend() throws(StorageError) -> Bool {
        let level = levels.removeLast()
        name.removeLast(name.count - levels[levels.count - 1].nameCount)
        return try seekRow(TrieKey.bound(afterEdge: level.edge))
    }

    private var isHeader: Bool { rows.withKey { $0.isEqual(to: TrieKey.headerKey) } }

    private func seekRow(_ row: [UInt8]) throws(StorageError) -> Bool {
        try access.run { () throws(LMDBFailure) in try rows.seek(row) }
    }

    private func stepRow() throws(StorageError) -> Bool {
        try access.run { () throws(LMDBFailure) in try rows.step() }
    }
}

extension Span<UInt8> {
    func isEqual(to bytes: [UInt8]) -> Bool {
        guard count == bytes.count else { return false }
        for index in indices where self[index] != bytes[index] { return false }
        return true
    }
}
