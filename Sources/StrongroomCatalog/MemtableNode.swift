/// A node of the memtable's B+ tree: entries live in leaves, inner nodes hold separators.
final class MemtableNode<Value: Sendable>: @unchecked Sendable {
    // Safe to send although mutable: a node is changed only while exactly one memtable value refers to it
    // (`isKnownUniquelyReferenced`, checked on the way down); whatever a snapshot can reach is frozen.

    /// Wide enough that a million entries need four levels, narrow enough that copying a path after a
    /// snapshot costs microseconds.
    static var capacity: Int { 64 }

    /// In a leaf the keys of `values`; in an inner node `keys[i]` is not greater than any key under
    /// `children[i + 1]` and greater than every key under `children[i]`.
    var keys: [[UInt8]]
    var values: [Value]
    var children: [MemtableNode]

    var isLeaf: Bool { children.isEmpty }

    init(keys: [[UInt8]], values: [Value], children: [MemtableNode]) {
        self.keys = keys
        self.values = values
        self.children = children
    }

    /// The arrays are shared until one of them is changed.
    func copy() -> MemtableNode { MemtableNode(keys: keys, values: values, children: children) }

    /// The child to go down to for `key`.
    func childIndex(for key: [UInt8]) -> Int { ByteOrder.upperBound(key, in: keys) }

    func uniqueChild(at index: Int) -> MemtableNode {
        if !isKnownUniquelyReferenced(&children[index]) { children[index] = children[index].copy() }
        return children[index]
    }
}

// MARK: - Insertion

struct MemtableInsertion<Value: Sendable> {
    /// The value that the key had before.
    var previous: Value?
    /// What the parent must take in when the node has become two.
    var split: (separator: [UInt8], right: MemtableNode<Value>)?
}

extension MemtableNode {
    /// Called only on a node that its caller alone refers to.
    func insert(_ key: [UInt8], _ value: Value) -> MemtableInsertion<Value> {
        isLeaf ? insertIntoLeaf(key, value) : insertIntoChild(key, value)
    }

    private func insertIntoLeaf(_ key: [UInt8], _ value: Value) -> MemtableInsertion<Value> {
        let index = ByteOrder.lowerBound(key, in: keys)
        if index < keys.count, keys[index] == key {
            let previous = values[index]
            values[index] = value
            return MemtableInsertion(previous: previous)
        }
        keys.insert(key, at: index)
        values.insert(value, at: index)
        guard keys.count > Self.capacity else { return MemtableInsertion() }
        // Keys that come in ascending order would leave every leaf half empty: cut at the end instead.
        let cut = index == keys.count - 1 ? index : keys.count / 2
        let right = MemtableNode(keys: Array(keys[cut...]), values: Array(values[cut...]), children: [])
        keys.removeSubrange(cut...)
        values.removeSubrange(cut...)
        return MemtableInsertion(split: (right.keys[0], right))
    }

    private func insertIntoChild(_ key: [UInt8], _ value: Value) -> MemtableInsertion<Value> {
        let index = childIndex(for: key)
        var result = uniqueChild(at: index).insert(key, value)
        guard let split = result.split else { return result }
        result.split = nil
        keys.insert(split.separator, at: index)
        children.insert(split.right, at: index + 1)
        guard keys.count > Self.capacity else { return result }
        let cut = index == keys.count - 1 ? index - 1 : keys.count / 2
        let separator = keys[cut]
        let right = MemtableNode(
            keys: Array(keys[(cut + 1)...]), values: [], children: Array(children[(cut + 1)...]))
        keys.removeSubrange(cut...)
        children.removeSubrange((cut + 1)...)
        result.split = (separator, right)
        return result
    }
}

// MARK: - Removal

extension MemtableNode {
    /// Removes at an empty node, not at a half-empty one: a tree that is filled, scanned and thrown
    /// away gains nothing from merging. Called only on a node that its caller alone refers to.
    func remove(_ key: [UInt8]) -> Value? {
        if isLeaf {
            let index = ByteOrder.lowerBound(key, in: keys)
            guard index < keys.count, keys[index] == key else { return nil }
            keys.remove(at: index)
            return values.remove(at: index)
        }
        let index = childIndex(for: key)
        let child = uniqueChild(at: index)
        guard let removed = child.remove(key) else { return nil }
        // An inner node that lost its last child counts as an empty leaf here and goes the same way.
        if child.isLeaf, child.keys.isEmpty {
            children.remove(at: index)
            if !keys.isEmpty { keys.remove(at: max(0, index - 1)) }
        }
        return removed
    }
}
