internal import Logging
internal import StrongroomCrypto
internal import StrongroomKeys
internal import StrongroomStorage
internal import StrongroomSystem

/// Bucket Keys: the key service is asked for one key for many objects of a bucket (Amazon S3 User Guide, "Reducing the
/// cost of SSE-KMS with Amazon S3 Bucket Keys").
extension Engine {
    /// The key in which a put's data key is enclosed.
    func bucketKey(
        _ keyID: String?, _ context: EncryptionContext, for put: PutOperation, in bucket: KnownBucket
    ) async throws(StoreError) -> BucketKeyring.Opened {
        let keyring = try unlockedKeys().keyService(for: put.bucket).bucketKeys
        let purpose = BucketKeyring.Purpose(
            bucketUID: bucket.row.uid, keyID: keyID.map { Array($0.utf8) }, context: context,
            requester: .init(put.requester))
        let (requester, name, uid) = (put.requester, put.bucket, bucket.row.uid)
        return try await keyring.sealingKey(purpose) { [self] () async throws(StoreError) in
            try await makeBucketKey(keyID, context, as: requester, in: name, uid)
        }
    }

    private func makeBucketKey(
        _ keyID: String?, _ own: EncryptionContext, as requester: Requester, in name: BucketName, _ uid: [UInt8]
    ) async throws(StoreError) -> BucketKeyring.Opened {
        let keys = try unlockedKeys()
        let (service, keyring) = try await keyService(for: name)
        let expiry = keyring.expiryNanoseconds
        let request = DataKeyRequest(
            keyID: keyID, encryptionContext: try ObjectARN.context(own, name),
            context: try keys.context(.kms, requester, asking: service, for: name))
        let generated: GeneratedDataKey
        do throws(KeyBackendError) {
            generated = try await service.backend.generateDataKey(request)
        } catch {
            throw StoreError(error, bucket: name)
        }
        let wrapped = generated.wrapped
        let id = random.bytes(ObjectRow.uidBytes)
        try await store(
            BucketKeyRow(backendID: service.id, wrapped: wrapped, createdMilliseconds: 0, context: own), id, in: name,
            uid)
        return BucketKeyring.Opened(
            id: id, key: try dataKey(generated.takePlaintext(), name), backendID: service.id, keyID: wrapped.keyID,
            expiresNanoseconds: expiry)
    }

    private func keyService(
        for name: BucketName
    ) async throws(StoreError) -> (backend: OpenedBackend, keyring: BucketKeyring) {
        let link = try unlockedKeys().keyService(for: name)
        return (try await link.backend(), link.bucketKeys)
    }

    /// Durable on return.
    private func store(
        _ row: BucketKeyRow, _ id: [UInt8], in name: BucketName, _ uid: [UInt8]
    ) async throws(StoreError) {
        let rowKey = RowKey.bucketKey(uid, id)
        while true {
            let known = try bucket(name)
            // A bucket that is being deleted gets no rows any more; nor does another one of its name.
            guard known.row.uid == uid, known.row.state == .active else { throw Self.beingDeleted(name) }
            let keys = try bucketKeys(known)
            let write = RowWrite(reads: [RowKey.bucket(name)]) { (view) throws(RowWrite.Refusal) in
                guard view.rows[0]?.value == known.storedValue else { throw .stalePlan }
                var row = row
                row.createdMilliseconds = view.timeMilliseconds
                let value = try keys.refusingFault(row.encodedWithoutMAC(), rowKey: rowKey)
                return [RowMutation(key: rowKey, change: .put(value: value, payload: .none))]
            }
            switch try await commit([write]) {
            case .committed: return
            case .refused(.failed(let error)): throw error
            case .refused: try await refreshBucket(name)
            }
        }
    }

    /// A Bucket Key that an object's row names, opened for whoever asks.
    func openBucketKey(
        _ id: [UInt8], of sealing: ObjectRow.WrappedSealing, in uid: [UInt8], _ place: ObjectPlace, _ name: BucketName,
        as requester: Requester
    ) async throws(StoreError) -> DataKey {
        let keys = try unlockedKeys()
        let keyring = try keys.keyService(for: name).bucketKeys
        if let known = keyring.openedKey(id, for: .init(requester)) {
            guard known.keyID == sealing.keyID else { throw Self.otherBucketKey(place) }
            return known.key
        }
        // Before the service is asked: that a row is damaged does not depend on it.
        let row = try await bucketKeyRow(id, in: uid, place, name)
        let service = try await keyService(for: name).backend
        guard row.wrapped.keyID == sealing.keyID, row.backendID == sealing.backendID, row.backendID == service.id
        else { throw Self.otherBucketKey(place) }
        let expiry = keyring.expiryNanoseconds
        let request = UnwrapRequest(
            encryptionContext: try ObjectARN.context(row.context, name),
            context: try keys.context(.kms, requester, asking: service, for: name))
        let secret: SecretBytes
        do throws(KeyBackendError) {
            secret = try await service.backend.unwrap(row.wrapped, for: request)
        } catch {
            throw StoreError(error, bucket: name, key: place.key)
        }
        let opened = BucketKeyring.Opened(
            id: id, key: try dataKey(secret, name), backendID: service.id, keyID: row.wrapped.keyID,
            expiresNanoseconds: expiry)
        keyring.note(opened, for: .init(requester))
        return opened.key
    }

    private func bucketKeyRow(
        _ id: [UInt8], in uid: [UInt8], _ place: ObjectPlace, _ name: BucketName
    ) async throws(StoreError) -> BucketKeyRow {
        let known = try bucket(name)
        guard known.row.uid == uid, let row = try await bucketKeyRow(id, in: known) else {
            throw StoreError(
                .damaged, "The Bucket Key that the object is under is not there, or not what was written.",
                bucket: name, key: place.key)
        }
        return row
    }

    /// Nil where there is none that can be trusted.
    func bucketKeyRow(_ id: [UInt8], in known: KnownBucket) async throws(StoreError) -> BucketKeyRow? {
        let rowKey = RowKey.bucketKey(known.row.uid, id)
        let stored = try await readStorage { snapshot throws(StorageError) in try snapshot.row(rowKey) }
        guard let value = stored?.value, try bucketKeys(known).isAuthentic(value, rowKey: rowKey) else { return nil }
        return try? BucketKeyRow(decoding: value)
    }

    private static func otherBucketKey(_ place: ObjectPlace) -> StoreError {
        StoreError(
            .damaged, "The Bucket Key that the object names is not of the key that it names.", bucket: place.bucket,
            key: place.key)
    }

    private func dataKey(_ secret: consuming SecretBytes, _ name: BucketName) throws(StoreError) -> DataKey {
        do throws(SealError) {
            return try DataKey(secret)
        } catch {
            throw StoreError(error, bucket: name)
        }
    }

    /// What a deleted bucket leaves: under a uid that nobody names any more, so that to fail here loses nothing.
    func tryRemovingBucketKeys(of uid: [UInt8], _ name: BucketName) async {
        do throws(StoreError) {
            try await removeBucketKeys(of: uid)
        } catch {
            logger.warning("Bucket Keys left behind", metadata: ["bucket": "\(name)", "error": "\(error)"])
        }
    }

    private func removeBucketKeys(of uid: [UInt8]) async throws(StoreError) {
        let start = RowKey.bucketKeys(uid)
        while true {
            let found = try await readStorage { snapshot throws(StorageError) in
                var found: [[UInt8]] = []
                try snapshot.scan(from: start, to: RowKey.successor(ofPrefix: start)) { key, _ in
                    found.append(key)
                    return found.count < 256 ? .next : .stop
                }
                return found
            }
            guard !found.isEmpty else { return }
            _ = try await commit(reads: found) { _ -> Decision<Never> in
                .commit(found.map { RowMutation(key: $0, change: .delete) })
            }
        }
    }
}
