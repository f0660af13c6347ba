/// An ordered map in memory whose snapshot is a retained value: copying the struct is the snapshot,
/// and costs nothing until the next change, which then copies one path of nodes.
///
/// A B+ tree with nodes copied on write. Not synchronised: one owner changes it, and whoever holds a
/// copy reads on undisturbed from any thread.
package struct Memtable<Value: Sendable>: Sendable {
    package typealias Entry = (key: [UInt8], value: Value)

    private(set) var root = MemtableNode<Value>(keys: [], values: [], children: [])
    package private(set) var count = 0
    /// The sum of what `entrySizeBytes` says of every entry.
    package private(set) var sizeBytes = 0
    let entrySizeBytes: @Sendable (_ key: [UInt8], _ value: Value) -> Int

    package var isEmpty: Bool { count == 0 }

    /// - Parameter entrySizeBytes: what an entry counts for in `sizeBytes`; must be a pure function.
    package init(entrySizeBytes: @escaping @Sendable (_ key: [UInt8], _ value: Value) -> Int) {
        self.entrySizeBytes = entrySizeBytes
    }

    @specialized(where Value == MemtableEntry<[UInt8]>)
    package func value(_ key: [UInt8]) -> Value? {
        var node = root
        while !node.isLeaf { node = node.children[node.childIndex(for: key)] }
        let index = ByteOrder.lowerBound(key, in: node.keys)
        guard index < node.keys.count, node.keys[index] == key else { return nil }
        return node.values[index]
    }

    /// Returns the value that was replaced.
    @specialized(where Value == MemtableEntry<[UInt8]>)
    @discardableResult
    package mutating func insert(_ key: [UInt8], _ value: Value) -> Value? {
        makeRootUnique()
        let added = entrySizeBytes(key, value)
        let result = root.insert(key, value)
        if let split = result.split {
            root = MemtableNode(keys: [split.separator], values: [], children: [root, split.right])
        }
        if let previous = result.previous {
            sizeBytes -= entrySizeBytes(key, previous)
        } else {
            count += 1
        }
        sizeBytes += added
        return result.previous
    }

    /// Removes an entry for good, unlike a `MemtableEntry.deleted`, which hides one further down.
    @discardableResult
    package mutating func remove(_ key: [UInt8]) -> Value? {
        makeRootUnique()
        guard let removed = root.remove(key) else { return nil }
        while root.children.count == 1 { root = root.children[0] }
        count -= 1
        sizeBytes -= entrySizeBytes(key, removed)
        return removed
    }

    package mutating func removeAll() {
        root = MemtableNode(keys: [], values: [], children: [])
        count = 0
        sizeBytes = 0
    }

    /// A cursor over this state; later changes of the table do not reach it.
    package func cursor() -> MemtableCursor<Value> { MemtableCursor(root: root) }

    private mutating func makeRootUnique() {
        if !isKnownUniquelyReferenced(&root) { root = root.copy() }
    }
}
