internal import StrongroomCrypto
internal import StrongroomKeys
internal import StrongroomStorage
internal import StrongroomSystem

/// One object's data key, wrapped anew under a key of the key service.
///
/// A backend never wraps a key that it has not made. So it makes a key for this object, and the data key is sealed
/// under that: what the row holds is an *enclosed* key, and whoever may use the new key opens both.
struct EncryptionUpdate: Sendable {
    let engine: Engine
    let requester: Requester
    let bucket: BucketName
    let key: ObjectKey
    let version: VersionID?
    let kmsKey: String?
    let context: [String: String]
    let bucketKey: Bool

    func run() async throws(StoreError) -> ChangeReceipt {
        _ = try engine.unlockedKeys().keyService(for: bucket)
        while true {
            let known = try engine.bucket(bucket)
            let found = try await engine.find(key, version, in: known, bucket)
            if let done = try await update(found.pinned.row.value, rowKey: found.rowKey, in: known) {
                return done.receipt
            }
        }
    }

    /// Updates a row as it was found.
    ///
    /// - Returns: what it is now; nil where it has changed meanwhile, and is as others have made it.
    func update(
        _ before: [UInt8], rowKey: [UInt8], in known: KnownBucket
    ) async throws(StoreError) -> (receipt: ChangeReceipt, row: ObjectRow)? {
        let opened = try engine.opened(before, rowKey: rowKey, key, in: known, bucket)
        let old = try updatable(opened.row)
        // Looked at before a key is asked for, and again by the commit.
        try check(opened.row.lock, at: engine.lockClock.time)
        var row = opened.row
        row.sealing = .wrapped(try await rewrapped(old, opened, in: known))
        switch try await engine.commit([try write(row, replacing: before, rowKey: rowKey, in: known)]) {
        case .committed(let receipt): return (ChangeReceipt(lsn: receipt.lsn), row)
        case .refused(.failed(let error)): throw error.about(bucket, key)
        case .refused: return nil
        }
    }

    private func updatable(_ row: ObjectRow) throws(StoreError) -> ObjectRow.WrappedSealing {
        guard case .wrapped(let sealing) = row.sealing else {
            throw refusal("it is not encrypted. Copy it onto itself with the encryption that it is to have")
        }
        guard sealing.mode != .customerKey else {
            throw refusal("it is under a customer key. Copy it onto itself, with that key for the source")
        }
        guard sealing.mode.layers == 1 else {
            throw refusal("it is in two layers (DSSE-KMS). Copy it onto itself with the encryption that it is to have")
        }
        return sealing
    }

    private func refusal(_ reason: String) -> StoreError {
        StoreError(
            .invalidRequest, "The object's encryption cannot be updated in place: \(reason).", bucket: bucket, key: key)
    }

    /// Nothing gets round a lock by making what it protects depend on another key: governance is lifted first.
    private func check(_ lock: ObjectLock, at time: LockTime) throws(StoreError) {
        do throws(StoreError) {
            try lock.checkRemoval(at: time, bypassingGovernance: false)
        } catch {
            throw error.about(bucket, key)
        }
    }

    private func rewrapped(
        _ old: ObjectRow.WrappedSealing, _ opened: OpenedRow, in known: KnownBucket
    ) async throws(StoreError) -> ObjectRow.WrappedSealing {
        let identity = engine.identity(of: opened, key, in: known)
        let dataKey = try await engine.unwrap(old, identity, as: requester, bucket)
        let put = PutOperation(
            engine: engine, requester: requester, bucket: bucket, key: key,
            options: PutOptions(encryption: .kms(key: kmsKey, context: context, bucketKey: bucketKey)))
        let plan = try await put.makePlan()
        guard case .kms(let service) = plan.mode else { preconditionFailure("the plan is what was asked for") }
        let outer = try await engine.unlockedKeys().serviceKey(service, for: put, in: plan.bucket)
        do throws(SealError) {
            let wrap = try outer.enclosing(dataKey, objectUID: opened.row.objectUID, random: engine.random)
            var sealing = old
            wrap.describe(in: &sealing)
            sealing.wrapBinding = try ObjectBinding.wrap(dataKey, sealing, identity)
            return sealing
        } catch {
            throw StoreError(error, bucket: bucket, key: key)
        }
    }

    private func write(
        _ row: ObjectRow, replacing before: [UInt8], rowKey: [UInt8], in known: KnownBucket
    ) throws(StoreError) -> RowWrite {
        let value = try engine.bucketKeys(known).authenticated(row.encodedWithoutMAC(), rowKey: rowKey)
        let time = engine.lockClock.time
        return RowWrite(subject: ChangeSubject(bucket: bucket, key: key), reads: [rowKey]) {
            [self, lock = row.lock] (view) throws(RowWrite.Refusal) in
            guard view.rows[0]?.value == before else { throw .staleRows }
            do throws(StoreError) {
                try check(lock, at: time)
            } catch {
                throw .failed(error)
            }
            return [RowMutation(key: rowKey, change: .put(value: value, payload: .sameAs(read: 0)))]
        }
    }
}
