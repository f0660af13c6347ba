import StrongroomCatalog
import Testing

/// The memtable against a sorted array.
@Suite struct MemtableTests {
    private static func makeTable() -> Memtable<[UInt8]> {
        Memtable { key, value in key.count + value.count }
    }

    private static func rows(_ table: Memtable<[UInt8]>, from lowerBound: [UInt8] = []) -> [SortedModel.Row] {
        var cursor = table.cursor()
        var rows: [SortedModel.Row] = []
        var entry = cursor.seek(lowerBound)
        while let found = entry {
            rows.append(SortedModel.Row(key: found.key, value: found.value))
            entry = cursor.next()
        }
        #expect(cursor.next() == nil, "the end is the end")
        return rows
    }

    @Test(arguments: [41, 42, 43] as [UInt64])
    func randomOperationsAgreeWithASortedMap(seed: UInt64) throws {
        print("MemtableTests: seed \(seed)")
        var generator = SeededGenerator(seed: seed)
        var keys = HostileKeys(seed: seed, poolSize: 300)
        var table = Self.makeTable()
        var model = SortedModel()
        var snapshots: [(table: Memtable<[UInt8]>, model: SortedModel)] = []
        for round in 0..<10_000 {
            let key = keys.next()
            switch Int.random(in: 0..<20, using: &generator) {
            case 0..<11:
                let value = generator.bytes(Int.random(in: 0...8, using: &generator))
                #expect(table.insert(key, value) == model.value(key))
                model.put(key, value)
            case 11..<17:
                #expect(table.remove(key) == model.value(key))
                model.delete(key)
            case 17..<19:
                #expect(table.value(key) == model.value(key))
            default:
                if snapshots.count == 8 { snapshots.remove(at: Int.random(in: 0..<8, using: &generator)) }
                snapshots.append((table, model))
            }
            if round % 500 == 0 {
                #expect(table.brokenInvariant() == nil)
                let bound = keys.next()
                #expect(Self.rows(table, from: bound) == model.rows(from: bound, limit: .max))
                for snapshot in snapshots { #expect(Self.rows(snapshot.table) == snapshot.model.rows) }
            }
        }
        #expect(table.brokenInvariant() == nil)
        #expect(table.count == model.rows.count)
        #expect(table.sizeBytes == model.rows.reduce(0) { $0 + $1.key.count + $1.value.count })
    }

    /// Enough entries for several levels, in the orders that split at one side only.
    @Test(arguments: ["ascending", "descending", "shuffled"])
    func manyEntriesKeepTheTreeSound(order: String) {
        var generator = SeededGenerator(seed: 44)
        let count = 30_000
        let keys = (0..<count).map { index in (0..<4).reversed().map { UInt8(truncatingIfNeeded: index >> (8 * $0)) } }
        let sequence =
            switch order {
            case "ascending": keys
            case "descending": Array(keys.reversed())
            default: keys.shuffled(using: &generator)
            }
        var table = Self.makeTable()
        for key in sequence { table.insert(key, key) }
        #expect(table.brokenInvariant() == nil)
        #expect(Self.rows(table).map(\.key) == keys)
        let full = table
        for key in sequence.dropLast(10) { table.remove(key) }
        #expect(table.brokenInvariant() == nil)
        #expect(table.count == 10)
        for key in sequence.suffix(10) { table.remove(key) }
        #expect(table.brokenInvariant() == nil)
        #expect(table.isEmpty && table.sizeBytes == 0)
        #expect(full.brokenInvariant() == nil && Self.rows(full).map(\.key) == keys)
    }

    @Test func removingAllLeavesSnapshotsAlone() {
        var table = Self.makeTable()
        for byte in 0...255 as ClosedRange<UInt8> { table.insert([byte], [byte]) }
        let snapshot = table
        table.removeAll()
        #expect(table.isEmpty && table.brokenInvariant() == nil && Self.rows(table).isEmpty)
        #expect(snapshot.count == 256 && snapshot.brokenInvariant() == nil)
        table.insert([1], [2])
        #expect(table.value([1]) == [2] && snapshot.value([1]) == [1])
    }

    /// A cursor keeps the state it was made of, whatever becomes of the table.
    @Test func cursorsKeepTheirState() {
        var table = Self.makeTable()
        for byte in 0..<200 as Range<UInt8> { table.insert([byte], []) }
        var cursor = table.cursor()
        var seen = [cursor.seek([])?.key]
        for byte in 0..<200 as Range<UInt8> {
            table.remove([byte])
            table.insert([byte, 0], [])
        }
        while let entry = cursor.next() { seen.append(entry.key) }
        #expect(seen == (0..<200).map { [$0] })
    }
}
