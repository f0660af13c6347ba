/// What the engine adds up over its rows: amounts under names, in which each row counts for itself.
///
/// The index keeps the sums. They change in the transaction that changes the rows, by (row found in the index → row
/// written), as the store's own counters do: a commit costs nothing for them, and a checkpoint that is done twice
/// changes nothing. What is in the tables and not yet in the index is added when somebody asks (`RowSums`).
package struct RowSumDefinition: Sendable {
    /// Names the definition. Sums of another one are thrown away, and added up anew.
    package var number: UInt32
    /// The first bytes of the keys of rows that may count for anything.
    package var tables: [UInt8]
    /// Adds what a row counts for. A pure function, total over hostile bytes.
    package var addUp: @Sendable (_ key: [UInt8], _ value: ArraySlice<UInt8>, _ tally: inout RowTally) -> Void
    /// Who keeps the catalog's root, which changes together with the sums; nil for a program without its keys.
    package var root: (any CatalogRootKeeper)?

    package init(
        number: UInt32, tables: [UInt8],
        addUp: @escaping @Sendable (_ key: [UInt8], _ value: ArraySlice<UInt8>, _ tally: inout RowTally) -> Void
    ) {
        self.number = number
        self.tables = tables
        self.addUp = addUp
    }
}

/// Four amounts that the definition gives a meaning.
package typealias RowAmounts = SIMD4<Int64>

/// Amounts by name, of the rows counted so far.
package struct RowTally: Sendable {
    private(set) var amounts: [[UInt8]: RowAmounts] = [:]
    /// What the names begin with that are counted; nil for all.
    let prefixes: [[UInt8]]?
    private var isAdding = true

    package init(namesStartingWith prefixes: [[UInt8]]? = nil) { self.prefixes = prefixes }

    /// Counts for a row that is just being looked at.
    ///
    /// - Parameter name: at most 2,300 bytes.
    package mutating func add(_ name: [UInt8], _ change: RowAmounts) {
        assert(name.count + StoreKeys.sumPrefix.count <= KeySpace.keyLengthMaximum)
        if let prefixes, !prefixes.contains(where: { name.starts(with: $0) }) { return }
        // Wrapping: a row's numbers may be anybody's, and what came in goes out again.
        if isAdding { amounts[name, default: .zero] &+= change } else { amounts[name, default: .zero] &-= change }
    }

    /// Counts a row in, or out.
    mutating func count(_ key: [UInt8], _ value: ArraySlice<UInt8>, _ definition: RowSumDefinition, adding: Bool) {
        guard let table = key.first, definition.tables.contains(table) else { return }
        isAdding = adding
        definition.addUp(key, value, &self)
    }

    /// As stored; what is damaged counts for nothing.
    mutating func count(_ key: [UInt8], stored row: [UInt8], _ definition: RowSumDefinition, adding: Bool) {
        guard let table = key.first, definition.tables.contains(table), let start = StoredRowCodec.valueStart(row)
        else { return }
        isAdding = adding
        definition.addUp(key, row[start...], &self)
    }
}

extension RowAmounts {
    static let encodedBytes = 32

    /// Little-endian, one after the other.
    func encoded() -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Self.encodedBytes)
        for index in indices { bytes.appendLittleEndian(self[index]) }
        return bytes
    }

    /// Nil where `bytes` are damaged.
    init?(decoding bytes: [UInt8]) {
        guard bytes.count == Self.encodedBytes else { return nil }
        var reader = ByteReader(bytes)
        self = .zero
        for index in indices { self[index] = reader.integer(Int64.self) ?? 0 }
    }
}
