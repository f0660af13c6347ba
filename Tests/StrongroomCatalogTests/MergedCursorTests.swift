import StrongroomCatalog
import StrongroomSystem
import Testing

/// Memtables over an index against one sorted array.
@Suite struct MergedCursorTests {
    private typealias Layer = Memtable<MemtableEntry<[UInt8]>>

    @Test(arguments: [51, 52, 53, 54] as [UInt64], [0, 1, 2, 4])
    func layersReadAsOneMap(seed: UInt64, layerCount: Int) throws {
        print("MergedCursorTests: seed \(seed), \(layerCount) layers")
        var generator = SeededGenerator(seed: seed)
        var keys = HostileKeys(seed: seed, poolSize: 120)
        var model = SortedModel()
        let index = MemoryIndex()
        try index.write { transaction throws(StorageError) in
            for number in 0..<80 {
                let key = keys.next()
                try transaction.put(key, [0, UInt8(number)])
                model.put(key, [0, UInt8(number)])
            }
        }
        var layers: [Layer] = []
        for number in 0..<layerCount {
            var layer = Layer { key, _ in key.count }
            for _ in 0..<Int.random(in: 0...60, using: &generator) {
                let key = keys.next()
                if Bool.random(using: &generator) {
                    layer.insert(key, .deleted)
                    model.delete(key)
                } else {
                    let value = [UInt8(number + 1)] + generator.bytes(2)
                    layer.insert(key, .put(value))
                    model.put(key, value)
                }
            }
            layers.insert(layer, at: 0)
        }
        try index.read { base throws(StorageError) in
            let snapshot = LayeredSnapshot(layers: layers, base: base) { bytes throws(StorageError) in bytes }
            var cursor = try snapshot.cursor()
            #expect(try Self.rows(&cursor, from: [], limit: .max) == model.rows)
            for _ in 0..<100 {
                let key = keys.next()
                #expect(try snapshot.value(key) == model.value(key))
                // The same cursor goes back and forth.
                #expect(try Self.rows(&cursor, from: key, limit: 5) == model.rows(from: key, limit: 5))
            }
        }
    }

    private static func rows(
        _ cursor: inout MergedCursor<[UInt8]>, from lowerBound: [UInt8], limit: Int
    ) throws(StorageError) -> [SortedModel.Row] {
        var rows: [SortedModel.Row] = []
        var entry = try cursor.seek(lowerBound)
        while let found = entry, rows.count < limit {
            rows.append(SortedModel.Row(key: found.key, value: found.value))
            entry = try cursor.next()
        }
        return rows
    }

    @Test func memtablesAloneAreAMapToo() throws {
        var layer = Layer { key, _ in key.count }
        layer.insert([1], .put([1]))
        layer.insert([2], .deleted)
        let snapshot = LayeredSnapshot(layers: [layer], base: nil) { bytes throws(StorageError) in bytes }
        var cursor = try snapshot.cursor()
        #expect(try Self.rows(&cursor, from: [], limit: .max) == [SortedModel.Row(key: [1], value: [1])])
        #expect(try snapshot.value([2]) == nil)
    }

    /// A row that the index stores and nobody can read is an error, never an absent row.
    @Test func unreadableRowsAreErrors() throws {
        let index = MemoryIndex()
        try index.write { transaction throws(StorageError) in try transaction.put([7], [7]) }
        let unreadable = StorageError(.corrupted, "unreadable")
        try index.read { base throws(StorageError) in
            let snapshot = LayeredSnapshot<[UInt8]>(layers: [], base: base) { _ throws(StorageError) in throw unreadable
            }
            var cursor = try snapshot.cursor()
            #expect(throws: StorageError.self) { try snapshot.value([7]) }
            #expect(throws: StorageError.self) { try cursor.seek([]) }
        }
    }
}
