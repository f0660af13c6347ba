internal import StrongroomCrypto
internal import StrongroomStorage

extension Engine {
    func tagging(
        of key: ObjectKey, _ version: VersionID?, in name: BucketName
    ) async throws(StoreError) -> ObjectTagging {
        let bucket = try bucket(name)
        let found = try await find(key, version, in: bucket, name)
        let opened = try opened(found.pinned.row.value, rowKey: found.rowKey, key, in: bucket, name)
        return ObjectTagging(tags: opened.tags, versionID: opened.info.versionID, lsn: opened.info.lsn)
    }

    func setTags(
        _ tags: ObjectTags, of key: ObjectKey, _ version: VersionID?, in name: BucketName
    ) async throws(StoreError) -> ChangeReceipt {
        while true {
            let bucket = try bucket(name)
            let found = try await find(key, version, in: bucket, name)
            let before = found.pinned.row.value
            let opened = try opened(before, rowKey: found.rowKey, key, in: bucket, name)
            let value = try retagged(opened, tags, rowKey: found.rowKey, in: bucket)
            let write = RowWrite(subject: ChangeSubject(bucket: name, key: key), reads: [found.rowKey]) {
                (view) throws(RowWrite.Refusal) in
                guard view.rows[0]?.value == before else { throw .staleRows }
                return [RowMutation(key: found.rowKey, change: .put(value: value, payload: .sameAs(read: 0)))]
            }
            switch try await commit([write]) {
            case .committed(let receipt): return ChangeReceipt(lsn: receipt.lsn)
            case .refused(.failed(let error)): throw error.about(name, key)
            case .refused: continue
            }
        }
    }

    private func retagged(
        _ opened: OpenedRow, _ tags: ObjectTags, rowKey: [UInt8], in bucket: KnownBucket
    ) throws(StoreError) -> [UInt8] {
        let keys = try bucketKeys(bucket)
        var attributes = opened.attributes
        attributes.tags = tags.values
        var row = opened.row
        do throws(SealError) {
            row.attributes = try keys.seal(attributes, objectUID: row.objectUID, random: random)
        } catch {
            throw StoreError(error)
        }
        return try keys.authenticated(row.encodedWithoutMAC(), rowKey: rowKey)
    }
}
