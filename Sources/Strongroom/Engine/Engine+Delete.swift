internal import StrongroomStorage

extension Engine {
    private enum DeleteRefusal: Sendable {
        case absent
        case noBucket
    }

    func delete(_ key: ObjectKey, in name: BucketName) async throws(StoreError) -> DeleteReceipt {
        _ = try unlockedKeys()
        let uid = try bucket(name).row.uid
        let rowKey = RowKey.current(uid, key)
        let outcome = try await commit(reads: [rowKey, RowKey.bucket(name)]) { view -> Decision<DeleteRefusal> in
            guard view.rows[1] != nil else { return .refuse(.noBucket) }
            guard view.rows[0] != nil else { return .refuse(.absent) }
            return .commit([RowMutation(key: rowKey, change: .delete)])
        }
        switch outcome {
        case .refused(.absent): return DeleteReceipt(existed: false, lsn: nil)
        case .refused(.noBucket): throw Self.noSuchBucket(name)
        case .committed(let receipt): return DeleteReceipt(existed: true, lsn: receipt.lsn)
        }
    }
}
