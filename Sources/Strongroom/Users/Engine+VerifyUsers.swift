internal import StrongroomCrypto

extension Engine {
    /// Opens every user's row, and the secrets in it.
    func verifyUsers(_ report: inout VerificationReport) async throws(StoreError) {
        guard let keys else { return }
        try await forEachRow(in: RowKey.userTable) { (rowKey, value) throws(StoreError) in
            let name = Self.userName(rowKey)
            let place = "user \(name.debugDescription)"
            do throws(StoreError) {
                let row = try keys.userRow(value, name)
                if let factor = row.secondFactor {
                    let secret = try keys.sealedRows.openFactor(factor.sealedSecret, of: row.id, userRowKey: rowKey)
                    if secret == nil { report.note(place, "The secret of the second factor is not what was written.") }
                }
                for key in row.keys {
                    let secret = try keys.sealedRows.openSecret(key.sealedSecret, of: key.id, userRowKey: rowKey)
                    if secret == nil { report.note(place, "The secret of \(key.id) is not what was written.") }
                }
            } catch  where error.code == .damaged {
                report.note(place, error.message)
            }
        }
    }
}
