import StrongroomStorage
import StrongroomSystem
import StrongroomTestSupport

/// Sums over the rows of tests: how many there are and how long, by something of the value and by something of the key.
enum TestSums {
    static let definition = RowSumDefinition(number: 7, tables: [0x10]) { key, value, tally in
        let amounts: RowAmounts = [1, Int64(value.count), Int64(key.count), 0]
        tally.add([1, (value.first ?? 0) & 7], amounts)
        tally.add([2, (key.last ?? 0) & 3, 0], amounts &+ amounts)
    }

    /// The same from the rows themselves; those that are not zero.
    static func scanned(_ snapshot: any MetadataSnapshot) throws(StorageError) -> [[UInt8]: RowAmounts] {
        var sums: [[UInt8]: RowAmounts] = [:]
        try snapshot.scan(from: [], to: nil) { key, row in
            guard key.first == 0x10 else { return .next }
            let amounts: RowAmounts = [1, Int64(row.value.count), Int64(key.count), 0]
            sums[[1, (row.value.first ?? 0) & 7], default: .zero] &+= amounts
            sums[[2, (key.last ?? 0) & 3, 0], default: .zero] &+= amounts &+ amounts
            return .next
        }
        return sums
    }
}

extension MetadataStore {
    /// What the sums say beside what the rows say, of one moment; nil while the rows are being added up.
    func sums() async throws -> (said: [[UInt8]: RowAmounts], scanned: [[UInt8]: RowAmounts])? {
        try await read { snapshot throws(StorageError) in
            guard let sums = try snapshot.sums(TestSums.definition, namesStartingWith: nil) else { return nil }
            let entries = try sums.entries(from: [], to: nil)
            let names = entries.map(\.name)
            guard names == names.sorted(by: { $0.lexicographicallyPrecedes($1) }) else {
                throw StorageError(.corrupted, "the sums are out of order")
            }
            // A part of the names is the same part of the sums.
            let some = try sums.entries(from: [1, 3], to: [2, 2])
            let same = entries.filter {
                ![1, 3].lexicographicallyFollows($0.name) && [2, 2].lexicographicallyFollows($0.name)
            }
            guard some.map(\.name) == same.map(\.name), some.map(\.amounts) == same.map(\.amounts) else {
                throw StorageError(.corrupted, "a part of the sums is another one")
            }
            let ones = try snapshot.sums(TestSums.definition, namesStartingWith: [[1]])?.entries(from: [1], to: [2])
            guard
                ones.map({ Dictionary(uniqueKeysWithValues: $0.map { ($0.name, $0.amounts) }) })
                    == Dictionary(
                        uniqueKeysWithValues: entries.filter { $0.name[0] == 1 }.map { ($0.name, $0.amounts) })
            else { throw StorageError(.corrupted, "the sums of some names are others") }
            return (
                Dictionary(uniqueKeysWithValues: entries.map { ($0.name, $0.amounts) }),
                try TestSums.scanned(snapshot)
            )
        }
    }

    /// The sums agree with the rows, once all rows are added up.
    func checkSums() async throws {
        for _ in 0..<5_000 {
            if let (said, scanned) = try await sums() {
                guard said == scanned else { throw Discrepancy("the sums say \(said), the rows \(scanned)") }
                return
            }
            try await Task.sleep(for: .milliseconds(1))
        }
        throw Discrepancy("the rows are not added up")
    }
}

extension [UInt8] {
    fileprivate func lexicographicallyFollows(_ other: [UInt8]) -> Bool { other.lexicographicallyPrecedes(self) }
}
