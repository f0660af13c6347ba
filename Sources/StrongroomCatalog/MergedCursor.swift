package import StrongroomSystem

/// Walks memtables and an index as one map in byte order of the keys.
package struct MergedCursor<Value: Sendable> {
    package typealias Entry = (key: [UInt8], value: Value)

    /// Newest first: of equal keys the first one counts.
    private var layers: [MemtableCursor<MemtableEntry<Value>>]
    private var heads: [Memtable<MemtableEntry<Value>>.Entry?]
    private let base: (any OrderedIndexCursor)?
    private var baseHead: (key: [UInt8], value: [UInt8])?
    private let decode: LayeredSnapshot<Value>.Decode

    init(
        layers: [MemtableCursor<MemtableEntry<Value>>], base: (any OrderedIndexCursor)?,
        decode: @escaping LayeredSnapshot<Value>.Decode
    ) {
        self.layers = layers
        self.heads = layers.map { _ in nil }
        self.base = base
        self.decode = decode
    }

    /// The first entry whose key is not less than `lowerBound`.
    package mutating func seek(_ lowerBound: [UInt8]) throws(StorageError) -> Entry? {
        for index in layers.indices { heads[index] = layers[index].seek(lowerBound) }
        baseHead = try base?.seek(lowerBound)
        return try next()
    }

    /// The entry after the one last returned; nil before the first `seek` and at the end.
    package mutating func next() throws(StorageError) -> Entry? {
        while let newest = newestOfLeastKey() {
            switch newest {
            case .layer(let index, let key, let entry):
                heads[index] = layers[index].next()
                try skip(key, after: index)
                if case .put(let value) = entry { return (key, value) }
            case .base(let key, let value):
                baseHead = try base?.next()
                return (key, try decode(value))
            }
        }
        return nil
    }

    private enum Head {
        case layer(index: Int, key: [UInt8], entry: MemtableEntry<Value>)
        case base(key: [UInt8], value: [UInt8])
    }

    private func newestOfLeastKey() -> Head? {
        var least: (index: Int, key: [UInt8], entry: MemtableEntry<Value>)?
        for (index, head) in heads.enumerated() {
            guard let head else { continue }
            if let found = least, !ByteOrder.isLess(head.key, found.key) { continue }
            least = (index, head.key, head.value)
        }
        if let baseHead {
            guard let found = least, !ByteOrder.isLess(baseHead.key, found.key) else {
                return .base(key: baseHead.key, value: baseHead.value)
            }
        }
        guard let least else { return nil }
        return .layer(index: least.index, key: least.key, entry: least.entry)
    }

    /// Passes over what older layers and the index say of a key that a newer layer has decided.
    private mutating func skip(_ key: [UInt8], after newest: Int) throws(StorageError) {
        for index in (newest + 1)..<max(newest + 1, layers.count) where heads[index]?.key == key {
            heads[index] = layers[index].next()
        }
        if baseHead?.key == key { baseHead = try base?.next() }
    }
}
