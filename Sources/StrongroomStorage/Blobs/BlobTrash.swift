/// Which blobs a commit leaves without a row.
enum BlobTrash {
    /// Takes time in proportion to reads and mutations: completing an upload has ten thousand of each.
    ///
    /// - Parameter rows: the current rows of `reads`.
    static func references(
        freedBy mutations: [RowMutation], reads: [[UInt8]], rows: [StoredRow?]
    ) -> [BlobReference] {
        guard rows.contains(where: { $0?.payload.blob != nil }) else { return [] }
        let changed = Set(mutations.map(\.key))
        let kept = Set(mutations.compactMap { keptBlob($0, rows: rows) })
        var freed: [BlobReference] = []
        var seen: Set<BlobReference> = []
        for (key, row) in zip(reads, rows) {
            guard let reference = row?.payload.blob, changed.contains(key), !kept.contains(reference),
                seen.insert(reference).inserted
            else { continue }
            freed.append(reference)
        }
        return freed
    }

    private static func keptBlob(_ mutation: RowMutation, rows: [StoredRow?]) -> BlobReference? {
        guard case .put(_, let source) = mutation.change else { return nil }
        switch source {
        case .blob(let reference): return reference
        case .sameAs(let index): return rows[index]?.payload.blob
        case .none, .attachment: return nil
        }
    }
}

extension PayloadLocation {
    fileprivate var blob: BlobReference? { if case .blob(let reference) = self { reference } else { nil } }
}
