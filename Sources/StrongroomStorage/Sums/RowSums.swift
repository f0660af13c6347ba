internal import StrongroomCatalog
package import StrongroomSystem

/// The sums of one snapshot: those of the index, and what the tables above it change in them.
///
/// Valid only inside the closure that received the snapshot. What it costs is a walk through the tables, which are
/// bounded, however large the store is.
package struct RowSums {
    package typealias Entry = (name: [UInt8], amounts: RowAmounts)

    /// In order of the names.
    private let changes: [Entry]
    /// What the names begin with that may be asked for; nil for all.
    private let prefixes: [[UInt8]]?
    private let base: (any OrderedIndexSnapshot)?

    init(_ tally: RowTally, over base: (any OrderedIndexSnapshot)? = nil) {
        changes = tally.amounts.map { ($0.key, $0.value) }.sorted { ByteOrder.isLess($0.name, $1.name) }
        prefixes = tally.prefixes
        self.base = base
    }

    /// All that are not zero with `lowerBound <= name < upperBound`, in order of the names.
    package func entries(from lowerBound: [UInt8], to upperBound: [UInt8]?) throws(StorageError) -> [Entry] {
        let prefix = prefixes?.first { lowerBound.starts(with: $0) } ?? []
        assert(prefixes.map { $0.contains(prefix) } ?? true, "names are asked for that were not counted")
        var found: [Entry] = []
        var position = changes.startOfNames(notLess: lowerBound)
        func isBelow(_ name: [UInt8]) -> Bool { upperBound.map { ByteOrder.isLess(name, $0) } ?? true }
        func takeChanges(before name: [UInt8]?) {
            while position < changes.count, isBelow(changes[position].name),
                name.map({ ByteOrder.isLess(changes[position].name, $0) }) ?? true
            {
                if changes[position].amounts != .zero { found.append(changes[position]) }
                position += 1
            }
        }
        let cursor = try base?.cursor()
        var entry = try cursor?.seek(StoreKeys.sum(lowerBound))
        while let (key, value) = entry, ByteOrder.isLess(key, StoreKeys.sumEnd) {
            let name = Array(key.dropFirst(StoreKeys.sumPrefix.count))
            guard isBelow(name) else { break }
            guard var amounts = RowAmounts(decoding: value) else {
                throw StorageError(.corrupted, "a sum of the catalog is damaged; rebuild the catalog")
            }
            takeChanges(before: name)
            if position < changes.count, changes[position].name == name {
                amounts &+= changes[position].amounts
                position += 1
            }
            if amounts != .zero { found.append((name, amounts)) }
            entry = try cursor?.next()
        }
        takeChanges(before: nil)
        assert(found.allSatisfy { $0.name.starts(with: prefix) }, "names are asked for that were not counted")
        return found
    }
}

extension [RowSums.Entry] {
    fileprivate func startOfNames(notLess name: [UInt8]) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if ByteOrder.isLess(self[middle].name, name) { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

extension EmbeddedSnapshot {
    func sums(
        _ definition: RowSumDefinition, namesStartingWith prefixes: [[UInt8]]?
    ) throws(StorageError) -> RowSums? {
        guard try RowSumState(definition, in: base).phase == .complete else { return nil }
        var tally = RowTally(namesStartingWith: prefixes)
        for (depth, layer) in tableLayers.enumerated() {
            var cursor = layer.cursor()
            var entry = cursor.seek(KeySpace.engineLowerBound)
            while let (key, change) = entry, KeySpace.isEngineKey(key) {
                defer { entry = cursor.next() }
                guard definition.tables.contains(key[0]) else { continue }
                // What a newer table says of a key counts, and was counted.
                guard !tableLayers[..<depth].contains(where: { $0.value(key) != nil }) else { continue }
                if let old = try base.value(key) { tally.count(key, stored: old, definition, adding: false) }
                if case .put(let row) = change { tally.count(key, stored: row, definition, adding: true) }
            }
        }
        return RowSums(tally, over: base)
    }
}

extension InMemorySnapshot {
    /// Rows in memory are few: they are added up when somebody asks.
    func sums(_ definition: RowSumDefinition, namesStartingWith prefixes: [[UInt8]]?) -> RowSums? {
        var tally = RowTally(namesStartingWith: prefixes)
        for (key, row) in zip(rows.keys, rows.rows) { tally.count(key, row.value[...], definition, adding: true) }
        return RowSums(tally)
    }
}
