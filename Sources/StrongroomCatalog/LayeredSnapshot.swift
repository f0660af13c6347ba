package import StrongroomSystem

/// One consistent map out of memtables, newest first, and the index below them: the newest says what
/// a key is, and a deletion hides what is older.
///
/// Valid as long as its index snapshot is, that is, inside the closure that received that.
package struct LayeredSnapshot<Value: Sendable> {
    package typealias Decode = ([UInt8]) throws(StorageError) -> Value

    /// The active memtable, then frozen ones from the youngest to the oldest.
    private let layers: [Memtable<MemtableEntry<Value>>]
    private let base: (any OrderedIndexSnapshot)?
    private let decode: Decode

    /// - Parameter decode: makes a row of what the index stores.
    package init(
        layers: [Memtable<MemtableEntry<Value>>], base: (any OrderedIndexSnapshot)?, decode: @escaping Decode
    ) {
        self.layers = layers
        self.base = base
        self.decode = decode
    }

    package func value(_ key: [UInt8]) throws(StorageError) -> Value? {
        for layer in layers {
            switch layer.value(key) {
            case .put(let value): return value
            case .deleted: return nil
            case nil: continue
            }
        }
        guard let stored = try base?.value(key) else { return nil }
        return try decode(stored)
    }

    package func cursor() throws(StorageError) -> MergedCursor<Value> {
        // Empty layers would only be compared in vain at every step.
        MergedCursor(
            layers: layers.filter { !$0.isEmpty }.map { $0.cursor() }, base: try base?.cursor(), decode: decode)
    }
}
