internal import StrongroomKeys
internal import StrongroomStorage
internal import StrongroomSystem

extension Engine {
    /// There may be very many.
    private static let pageRows = 1_000

    /// Looks at the rows of parts, of uploads and of parts to be removed, which no listing of versions shows, and for
    /// parts that nobody owns: their payloads would be kept for ever.
    ///
    /// Rows are read a page at a time, so an owner that moves between two pages may be missed where it was and where it
    /// goes. Whoever is suspected then is looked at again, in all tables at one moment.
    func verifyParts(_ report: inout VerificationReport) async throws(StoreError) {
        var suspects: Set<PartsOwner> = []
        try await forEachRow(in: RowKey.partTable, pageRows: Self.pageRows) { key, value throws(StoreError) in
            guard let number = RowKey.partNumber(key), let owner = PartsOwner(rowKey: key) else {
                report.note(Self.place(ofRow: key), "the key of a part's row cannot be read")
                return
            }
            suspects.insert(owner)
            guard try isSound(value, key, PartRow.init(decoding:)) else {
                report.note("part \(number) of \(owner.place)", Self.alteredRow)
                return
            }
        }
        try await forEachRow(in: RowKey.uploadTable, pageRows: Self.pageRows) { key, value throws(StoreError) in
            if let owner = PartsOwner(uploadRow: value, rowKey: key) { suspects.remove(owner) }
            guard RowKey.parseUpload(key) != nil, try isSound(value, key, UploadRow.init(decoding:)) else {
                report.note("upload in \(Self.place(ofRow: key))", Self.alteredRow)
                return
            }
        }
        for table in [RowKey.currentTable, RowKey.versionTable] where !suspects.isEmpty {
            try await forEachRow(in: table, pageRows: Self.pageRows) { key, value in
                if let owner = PartsOwner(objectRow: value, rowKey: key) { suspects.remove(owner) }
            }
        }
        // Last: it is where every owner ends.
        try await forEachRow(in: RowKey.abandonedPartsTable, pageRows: Self.pageRows) { key, _ in
            guard key.count == RowKey.prefixBytes + ObjectRow.uidBytes, let owner = PartsOwner(rowKey: key) else {
                report.note(Self.place(ofRow: key), "a note of parts to remove cannot be read")
                return
            }
            suspects.remove(owner)
        }
        for (owner, count) in try await unownedParts(of: suspects).sorted(by: { $0.key.place < $1.key.place }) {
            report.note(
                owner.place,
                "of parts stored for it there are \(count), and no object, upload or note of parts to remove owns them")
        }
    }

    private static let alteredRow = "the row is not what was written: it was altered, or belongs elsewhere"

    private static func place(ofRow key: [UInt8]) -> String { "row \(Hexadecimal.encode(key))" }

    /// Whether a row can be read and, where there are keys to tell, is what was written.
    private func isSound<Row>(
        _ value: [UInt8], _ rowKey: [UInt8], _ decode: ([UInt8]) throws(FieldReader.Malformed) -> Row
    ) throws(StoreError) -> Bool {
        guard (try? decode(value)) != nil else { return false }
        guard let keys else { return true }
        let bucketUID = Array(rowKey[1..<RowKey.prefixBytes])
        return try keys.keys(ofBucket: bucketUID).isAuthentic(value, rowKey: rowKey)
    }

    /// How many parts of each of `suspects` there are at a moment at which nobody owns them.
    private func unownedParts(of suspects: Set<PartsOwner>) async throws(StoreError) -> [PartsOwner: Int] {
        guard !suspects.isEmpty else { return [:] }
        return try await readStorage { snapshot throws(StorageError) in
            var counts: [PartsOwner: Int] = [:]
            func scan(
                _ table: UInt8, _ body: (_ key: [UInt8], _ value: [UInt8]) -> Void
            ) throws(StorageError) {
                try snapshot.scan(from: [table], to: [table + 1]) { key, row in
                    body(key, row.value)
                    return .next
                }
            }
            try scan(RowKey.partTable) { key, _ in
                if let owner = PartsOwner(rowKey: key), suspects.contains(owner) { counts[owner, default: 0] += 1 }
            }
            try scan(RowKey.uploadTable) { key, value in
                if let owner = PartsOwner(uploadRow: value, rowKey: key) { counts[owner] = nil }
            }
            for table in [RowKey.currentTable, RowKey.versionTable] {
                try scan(table) { key, value in
                    if let owner = PartsOwner(objectRow: value, rowKey: key) { counts[owner] = nil }
                }
            }
            try scan(RowKey.abandonedPartsTable) { key, _ in
                if let owner = PartsOwner(rowKey: key) { counts[owner] = nil }
            }
            return counts
        }
    }
}
