/// Walks one state of a memtable in byte order of the keys. It retains that state, so a change of the
/// table while a cursor lives copies nodes instead of moving them under the cursor.
package struct MemtableCursor<Value: Sendable> {
    private let root: MemtableNode<Value>
    /// Inner nodes from the root down, each with the index of the child gone down to.
    private var path: [(node: MemtableNode<Value>, childIndex: Int)] = []
    private var leaf: MemtableNode<Value>
    /// Of the entry that `next` returns.
    private var index: Int
    private var isPositioned = false

    init(root: MemtableNode<Value>) {
        self.root = root
        leaf = root
        index = 0
    }

    /// The first entry whose key is not less than `lowerBound`.
    @specialized(where Value == MemtableEntry<[UInt8]>)
    package mutating func seek(_ lowerBound: [UInt8]) -> Memtable<Value>.Entry? {
        path.removeAll(keepingCapacity: true)
        leaf = root
        while !leaf.isLeaf {
            let childIndex = leaf.childIndex(for: lowerBound)
            path.append((leaf, childIndex))
            leaf = leaf.children[childIndex]
        }
        index = ByteOrder.lowerBound(lowerBound, in: leaf.keys)
        isPositioned = true
        return next()
    }

    /// The entry after the one last returned.
    @specialized(where Value == MemtableEntry<[UInt8]>)
    package mutating func next() -> Memtable<Value>.Entry? {
        precondition(isPositioned, "seek before next")
        if index == leaf.keys.count, !moveToNextLeaf() { return nil }
        defer { index += 1 }
        return (leaf.keys[index], leaf.values[index])
    }

    /// False at the end, where the cursor stays.
    private mutating func moveToNextLeaf() -> Bool {
        guard let level = path.lastIndex(where: { $0.childIndex + 1 < $0.node.children.count }) else { return false }
        path.removeSubrange((level + 1)...)
        path[level].childIndex += 1
        leaf = path[level].node.children[path[level].childIndex]
        while !leaf.isLeaf {
            path.append((leaf, 0))
            leaf = leaf.children[0]
        }
        index = 0
        assert(!leaf.keys.isEmpty, "only the root may be empty")
        return true
    }
}
