import StrongroomCatalog
import StrongroomSystem
import StrongroomTestSupport
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
        private(set) var index: any OrderedIndex
        private let directory = TemporaryDirectory()

        init(_ kind: Kind) throws {
            switch kind {
            case .lmdb: index = try LMDBIndex(directory: directory.path, options: .small())
            case .memory: index = MemoryIndex()
            }
        }

        mutating func reopen() throws {
            if let memory = index as? MemoryIndex {
                index = memory.crash(keepingInFlight: false)
            } else {
                index.close()
                index = try LMDBIndex(directory: directory.path, options: .small(mustExist: true))
            }
        }
    }

    @Test(arguments: Kind.allCases, [1, 2, 3] as [UInt64])
    func randomOperationsAgreeWithASortedMap(kind: Kind, seed: UInt64) throws {
        print("IndexConformanceTests: \(kind), seed \(seed)")
        var subject = try Subject(kind)
        var keys = HostileKeys(seed: seed, poolSize: 160)
        var generator = SeededGenerator(seed: seed &+ 1_000)
        var model = SortedModel()
        var operations = 0
        while operations < Repetitions.some(of: 20_000) {
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
            if Int.random(in: 0..<10, using: &generator) == 0 { try subject.reopen() }
            let bound = keys.next()
            let found = try subject.index.read { snapshot throws(StorageError) in
                (rows: try snapshot.rows(from: bound, limit: 10), value: try snapshot.value(bound))
            }
            #expect(found.rows == model.rows(from: bound, limit: 10))
            #expect(found.value == model.value(bound))
        }
        #expect(try subject.index.rows() == model.rows)
        let rest = keys.all
        try subject.index.write { transaction throws(StorageError) in
            for key in rest { try transaction.delete(key) }
        }
        #expect(try subject.index.rows().isEmpty)
        if let lmdb = subject.index as? LMDBIndex {
            #expect(try lmdb.statistics().rowCount == 1, "the header alone: no edge outlives its last name")
        }
        subject.index.close()
    }

    @Test(arguments: Kind.allCases)
    func aSnapshotStaysAsItWas(kind: Kind) throws {
        let subject = try Subject(kind)
        let (ready, proceed) = (Signal(), Signal())
        try subject.index.write { transaction throws(StorageError) in
            for byte in 1...200 as ClosedRange<UInt8> { try transaction.put([byte], [1]) }
        }
        let index = subject.index
        let reader = DedicatedThread(name: "reader") {
            index.expectOnes(count: 200) {
                ready.set()
                proceed.wait()
            }
        }
        ready.wait()
        try index.write { transaction throws(StorageError) in
            for byte in 1...200 as ClosedRange<UInt8> {
                if byte % 2 == 0 { try transaction.delete([byte]) } else { try transaction.put([byte], [2]) }
            }
        }
        proceed.set()
        reader.join()
        #expect(try index.rows().allSatisfy { $0.value == [2] })
    }

    /// All names behind an edge go while a cursor stands on one, and one comes back: under another id.
    @Test(arguments: Kind.allCases)
    func aCursorFollowsWhatItsTransactionDoes(kind: Kind) throws {
        let subject = try Subject(kind)
        let prefix = [UInt8](repeating: 97, count: 400)
        try subject.index.write { transaction throws(StorageError) in
            for last in [1, 2, 3] as [UInt8] { try transaction.put(prefix + [last], [last]) }
            let cursor = try transaction.cursor()
            #expect(try cursor.seek(prefix)?.key == prefix + [1])
            for last in [1, 2, 3] as [UInt8] { try transaction.delete(prefix + [last]) }
            try transaction.put(prefix + [3], [4])
            #expect(try cursor.next()?.value == [4])
            #expect(try cursor.next() == nil)
            try transaction.put(prefix + [5], [5])
            #expect(try cursor.next() == nil, "the end is the end")
        }
        #expect(try subject.index.rows().count == 2)
    }

    @Test(arguments: Kind.allCases)
    func closedIsClosed(kind: Kind) throws {
        let subject = try Subject(kind)
        subject.index.close()
        subject.index.close()
        let error = #expect(throws: StorageError.self) { try subject.index.write { _ in } }
        #expect(error?.code == .closed)
        do {
            _ = try subject.index.rows()
            Issue.record("read a closed index")
        } catch {
            if case .index(let error) = error { #expect(error.code == .closed) } else { Issue.record("\(error)") }
        }
    }

    @Test(arguments: Kind.allCases)
    func theBodysErrorComesOutOfARead(kind: Kind) throws {
        struct Refusal: Error, Equatable {}
        let subject = try Subject(kind)
        do {
            try subject.index.read { _ throws(Refusal) in throw Refusal() }
            Issue.record("the error was swallowed")
        } catch {
            if case .body(let refusal) = error { #expect(refusal == Refusal()) } else { Issue.record("\(error)") }
        }
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
                for other in [keys.next(), keys.next(), found.key] where Bool.random(using: &generator) {
                    try transaction.delete(other)
                    model.delete(other)
                }
                for other in [keys.next(), found.key] where Bool.random(using: &generator) {
                    try transaction.put(other, [1])
                    model.put(other, [1])
                }
                bound = found.key + [0]
                entry = try cursor.next()
            }
        }
    }
}
