internal import StrongroomKeys
internal import StrongroomStorage

extension Engine {
    /// Bucket Keys against their own MACs, and what names them against them. Needs no key service.
    func verifyBucketKeys(_ report: inout VerificationReport) async throws(StoreError) {
        var keyIDs: [[UInt8]: String] = [:]
        for table in Self.sealedTables {
            var place: [UInt8]? = [table]
            while let start = place {
                guard !Task.isCancelled else { throw StoreError(.cancelled, "The check was cancelled.") }
                let page = try await sealedRows(after: start, limit: 512)
                for row in page.rows {
                    switch row {
                    case .failure(let damage):
                        // Of other rows others tell.
                        if table == RowKey.bucketKeyTable {
                            report.note("a Bucket Key of \(damage.bucket)", damage.reason)
                        }
                    case .success(let row): try await check(row, &keyIDs, &report)
                    }
                }
                place = page.last
            }
        }
    }

    private func check(
        _ row: SealedRow, _ keyIDs: inout [[UInt8]: String], _ report: inout VerificationReport
    ) async throws(StoreError) {
        if case .bucketKey(let key) = row.content {
            keyIDs[Array(row.rowKey.dropFirst(1))] = key.wrapped.keyID
            return
        }
        guard let sealing = row.sealing, let id = sealing.bucketKeyID else { return }
        if keyIDs[row.known.row.uid + id] == nil {
            // Perhaps made since those were looked at.
            keyIDs[row.known.row.uid + id] = try await bucketKeyRow(id, in: row.known)?.wrapped.keyID
        }
        guard keyIDs[row.known.row.uid + id] == sealing.keyID else {
            report.note(row.place, "The Bucket Key that it is under is not there, or is of another key.")
            return
        }
    }
}
