internal import StrongroomCrypto
internal import StrongroomStorage
internal import StrongroomSystem

extension PutOperation {
    /// Draws all that an object needs before its first byte comes, the data key included.
    func createUpload(_ checksums: [UploadChecksum]) async throws(StoreError) -> UploadInfo {
        _ = try engine.unlockedKeys()
        var plan = try await makePlan()
        while true {
            let row = try await uploadRow(plan, checksums)
            // The object's own, by which it tells which upload made it.
            let id = row.object.objectUID
            let rowKey = RowKey.upload(plan.bucket.row.uid, key, id)
            let bucketValue = plan.bucket.storedValue
            let keys = try engine.bucketKeys(plan.bucket)
            let lock = try PutLock.resolve(options, in: plan.bucket, named: bucket)
            let time = engine.lockClock.time
            let write = RowWrite(reads: [RowKey.bucket(bucket)]) { (view) throws(RowWrite.Refusal) in
                guard view.rows[0]?.value == bucketValue else { throw .stalePlan }
                do throws(StoreError) {
                    try lock.check(at: time, storeMilliseconds: view.timeMilliseconds)
                } catch {
                    throw .failed(error)
                }
                var row = row
                row.object.lsn = view.lsn
                row.object.lastModifiedMilliseconds = view.timeMilliseconds
                let value = try keys.refusingFault(row.encodedWithoutMAC(), rowKey: rowKey)
                return [RowMutation(key: rowKey, change: .put(value: value, payload: .none))]
            }
            switch try await engine.commit([write]) {
            case .committed(let receipt):
                var row = row
                row.object.lsn = receipt.lsn
                row.object.lastModifiedMilliseconds = receipt.timeMilliseconds
                return row.info(key, UploadID(bytes: id))
            case .refused(.failed(let error)): throw error.about(bucket, key)
            case .refused: plan = try await makePlan(refreshing: true)
            }
        }
    }

    private func uploadRow(
        _ plan: EncryptionPlan, _ checksums: [UploadChecksum]
    ) async throws(StoreError) -> UploadRow {
        let sealer = try await PayloadSealer(plan, of: self)
        let attributes = ObjectAttributes(
            etag: "", contentType: options.contentType, metadata: options.metadata, headers: options.headers,
            tags: options.tags.values)
        // The bucket's default is the completion's, from whose moment it counts.
        let lock = try options.lock()
        do throws(SealError) {
            let object = ObjectRow(
                objectUID: sealer.objectUID, versionID: sealer.versionID, lsn: 0, lastModifiedMilliseconds: 0,
                sizeBytes: 0, storedBytes: 0, sealing: try sealer.makeWrap(),
                attributes: try sealer.bucketKeys.seal(attributes, objectUID: sealer.objectUID, random: engine.random),
                storageClass: options.storageClass, lock: lock, parts: .pending)
            // Parts and object have MD5 ETags where the mode tells what follows from the plaintext.
            return UploadRow(
                object: object, checksums: checksums,
                wantsMD5: options.etag == .md5 && !plan.mode.recorded.hidesChecksums)
        } catch {
            throw StoreError(error, bucket: bucket, key: key)
        }
    }
}
