import StrongroomCatalog
import StrongroomSystem
import SystemPackage
import Testing

/// What every `OrderedIndex` must do, held against a sorted array.
@Suite struct IndexConformanceTests {
    enum Kind: String, CaseIterable, CustomTestStringConvertible {
        case lmdb, memory
        var testDescription: String { rawValue }
    }

    /// An index and what keeps its disk.
    struct Subject {
        let index: any OrderedIndex
        private let directory = TemporaryDirectory()

        init(_ kind: Kind) throws {
            switch kind {
            case .lmdb: index = try LMDBIndex(directory: directory.path, options: .small)
            case .memory: index = MemoryIndex()
            }
        }
    }

    @Test(arguments: Kind.allCases, [1, 2, 3] as [UInt64])
    func randomOperationsAgreeWithASortedMap(kind: Kind, seed: UInt64) throws {
        print("IndexConformanceTests: \(kind), seed \(seed)")
        let subject = try Subject(kind)
        var keys = HostileKeys(seed: seed, poolSize: 160)
        var generator = SeededGenerator(seed: seed &+ 1_000)
        var model = SortedModel()
        var operations = 0
        while operations < 20_000 {
            let isUndone = Int.random(in: 0..<8, using: &generator) == 0
            var changed = model
            let batch = Int.random(in: 0...200, using: &generator)
            do {
                try subject.index.write { transaction throws(StorageError) in
                    for _ in 0..<batch {
                        try step(transaction, &changed, &keys, &generator)
                    }
                    if isUndone { throw StorageError(.cancelled, "undo") }
                }
                #expect(!isUndone)
                model = changed
            } catch {
                #expect(isUndone && error.code == .cancelled)
            }
            operations += batch
            let bound = keys.next()
            let found = try subject.index.read { snapshot throws(StorageError) in
                (rows: try snapshot.rows(from: bound, limit: 10), value: try snapshot.value(bound))
            }
            #expect(found.rows == model.rows(from: bound, limit: 10))
            #expect(found.value == model.value(bound))
        }
        #expect(try subject.index.rows() == model.rows)
        subject.index.close()
    }

    private func step(
        _ transaction: any OrderedIndexTransaction, _ model: inout SortedModel, _ keys: inout HostileKeys,
        _ generator: inout SeededGenerator
    ) throws(StorageError) {
        let key = keys.next()
        switch Int.random(in: 0..<10, using: &generator) {
        case 0..<5:
            let sizeBytes = [0, 1, 20, 100, 5_000][Int.random(in: 0..<5, using: &generator)]
            let value = [UInt8](repeating: UInt8.random(in: 0...255, using: &generator), count: sizeBytes)
            try transaction.put(key, value)
            model.put(key, value)
        case 5..<8:
            try transaction.delete(key)
            model.delete(key)
        case 8:
            let found = try transaction.value(key)
            #expect(found == model.value(key))
        default:
            // A cursor walks on while the rows under it change.
            let cursor = try transaction.cursor()
            var bound = key
            var entry = try cursor.seek(key)
            for _ in 0..<3 {
                let expected = model.rows(from: bound, limit: 1).first
                #expect(entry?.key == expected?.key && entry?.value == expected?.value)
                guard let found = entry else { break }
                let other = keys.next()
                try transaction.delete(other)
                model.delete(other)
                bound = found.key + [0]
                entry = try cursor.next()
            }
        }
    }
}

extension LMDBIndex.Options {
    /// Without a reserve on disk: tests open many.
    static var small: Self {
        var options = Self()
        options.mapSizeBytes = 1 << 30
        options.reservedTailBytes = 0
        return options
    }
}
