/// Which blobs a commit leaves without a row.
enum BlobTrash {
    /// - Parameter rows: the current rows of `reads`.
    static func references(
        freedBy mutations: [RowMutation], reads: [[UInt8]], rows: [StoredRow?]
    ) -> [BlobReference] {
        var freed: [BlobReference] = []
        for index in reads.indices {
            guard case .blob(let reference)? = rows[index]?.payload else { continue }
            guard mutations.contains(where: { $0.key == reads[index] }) else { continue }
            if !mutations.contains(where: { keeps(reference, $0, rows: rows) }), !freed.contains(reference) {
                freed.append(reference)
            }
        }
        return freed
    }

    private static func keeps(_ reference: BlobReference, _ mutation: RowMutation, rows: [StoredRow?]) -> Bool {
        guard case .put(_, let source) = mutation.change else { return false }
        switch source {
        case .blob(let other): return other == reference
        case .sameAs(let index): return rows[index]?.payload == .blob(reference)
        case .none, .attachment: return false
        }
    }
}
