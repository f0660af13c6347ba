internal import StrongroomStorage
internal import StrongroomSystem

extension DeleteOperation {
    /// A row that must be as it was found.
    typealias HeldRow = (rowKey: [UInt8], value: [UInt8])

    /// Deletes the newest version, naming none, if that is an object whose row is this one.
    ///
    /// - Returns: nil where it is not, or the row that is held has changed.
    func run(ifUnchanged value: [UInt8], holding held: HeldRow) async throws(StoreError) -> DeleteReceipt? {
        while true {
            let prepared = try await prepare(.unchanged(value))
            var write = prepared.write
            write = write.holding(held.rowKey, as: held.value)
            switch try await engine.commit([write]) {
            case .committed(let receipt): return prepared.receipt(receipt)
            case .refused(.stalePlan): try await engine.refreshBucket(bucket)
            // Where the null version is may have changed, too, and that alone is no reason to give up.
            case .refused(.staleRows):
                guard try await isUnchanged(value, held) else { return nil }
            case .refused(.nothingToDo): return nil
            case .refused(.failed(let error)): throw error.about(bucket, key)
            }
        }
    }

    private func isUnchanged(_ value: [UInt8], _ held: HeldRow) async throws(StoreError) -> Bool {
        let rowKey = RowKey.current(try engine.bucket(bucket).row.uid, key)
        let rows = try await engine.readStorage { snapshot throws(StorageError) in
            (try snapshot.row(rowKey)?.value, try snapshot.row(held.rowKey)?.value)
        }
        return rows.0 == value && rows.1 == held.value
    }
}
