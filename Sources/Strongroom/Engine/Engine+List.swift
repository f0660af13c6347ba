internal import StrongroomStorage
internal import StrongroomSystem

extension Engine {
    /// One page, from one snapshot. Rows are copied out under the snapshot and opened after it, so that
    /// a page never holds a read transaction longer than the scan takes.
    func list(_ options: ListOptions, in name: BucketName) async throws(StoreError) -> ListPage {
        _ = try unlockedKeys()
        let bucket = try bucket(name)
        let scan = ListScan(options, bucketUID: bucket.row.uid)
        let found = try await readStorage { snapshot throws(StorageError) in try scan.run(snapshot) }
        var page = ListPage(
            objects: [], commonPrefixes: found.commonPrefixes.map { String(decoding: $0, as: UTF8.self) }, damaged: [],
            continuation: found.next.map(ListContinuation.init(lowerBound:)), lsn: found.lsn)
        page.objects.reserveCapacity(found.rows.count)
        for (rowKey, value) in found.rows {
            let keyBytes = rowKey.dropFirst(RowKey.prefixBytes)
            do throws(StoreError) {
                guard let key = ObjectKey(storedBytes: keyBytes) else {
                    throw StoreError(.damaged, "The row's key is no object key.", bucket: name)
                }
                page.objects.append(try opened(value, rowKey: rowKey, key, in: bucket, name).info)
            } catch  where error.code == .damaged {
                page.damaged.append(
                    DamagedObject(bucket: name, key: String(decoding: keyBytes, as: UTF8.self), reason: error.message))
            }
        }
        return page
    }

    func listNames(_ options: ListOptions, in name: BucketName) async throws(StoreError) -> NamePage {
        let scan = ListScan(options, bucketUID: try bucket(name).row.uid)
        let found = try await readStorage { snapshot throws(StorageError) in try scan.run(snapshot) }
        return NamePage(
            names: found.rows.map { String(decoding: $0.key.dropFirst(RowKey.prefixBytes), as: UTF8.self) },
            commonPrefixes: found.commonPrefixes.map { String(decoding: $0, as: UTF8.self) },
            continuation: found.next.map(ListContinuation.init(lowerBound:)))
    }
}
