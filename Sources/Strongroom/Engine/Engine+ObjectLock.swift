internal import StrongroomStorage
internal import StrongroomSystem

extension Engine {
    func enableObjectLock(_ name: BucketName) async throws(StoreError) -> ChangeReceipt {
        // Before the first lock: a bucket with object lock and no clock is one whose locks never expire.
        try await saveLockClock()
        return try await change(name) { row throws(StoreError) in
            guard row.versioning == .enabled else {
                throw StoreError(
                    .invalidBucketState, "Object lock needs versioning; enable that first.", bucket: name)
            }
            if row.objectLock == nil { row.objectLock = BucketLock() }
        }
    }

    func setDefaultRetention(
        _ retention: DefaultRetention?, _ name: BucketName
    ) async throws(StoreError) -> ChangeReceipt {
        try retention?.check()
        return try await change(name) { row throws(StoreError) in
            guard row.objectLock != nil else { throw BucketLock.missing(name) }
            row.objectLock?.defaultRetention = retention
        }
    }

    func lock(
        of key: ObjectKey, _ version: VersionID?, in name: BucketName
    ) async throws(StoreError) -> (retention: Retention?, legalHold: Bool) {
        let bucket = try bucket(name)
        guard bucket.row.objectLock != nil else { throw BucketLock.missing(name) }
        let found = try await findLockable(key, version, in: bucket, name)
        let info = try opened(found.pinned.row.value, rowKey: found.rowKey, key, in: bucket, name).info
        return (info.retention, info.legalHold)
    }

    func setRetention(
        _ retention: Retention?, of key: ObjectKey, _ version: VersionID?, in name: BucketName,
        bypassingGovernance: Bool
    ) async throws(StoreError) -> ChangeReceipt {
        let stored = try retention?.stored()
        return try await changeLock(of: key, version, in: name) { lock, time, storeMilliseconds throws(StoreError) in
            if let stored { try time.checkFuture(stored, storeMilliseconds: storeMilliseconds) }
            try lock.checkChange(to: stored, at: time, bypassingGovernance: bypassingGovernance)
            lock.retention = stored
        }
    }

    func setLegalHold(
        _ isOn: Bool, of key: ObjectKey, _ version: VersionID?, in name: BucketName
    ) async throws(StoreError) -> ChangeReceipt {
        try await changeLock(of: key, version, in: name) { lock, _, _ in lock.legalHold = isOn }
    }

    /// - Parameter change: decides on the committer, by the lock clock's time and the commit's.
    private func changeLock(
        of key: ObjectKey, _ version: VersionID?, in name: BucketName,
        _ change: @escaping @Sendable (inout ObjectLock, LockTime, Int64) throws(StoreError) -> Void
    ) async throws(StoreError) -> ChangeReceipt {
        let unlocked = try unlockedKeys()
        while true {
            let bucket = try bucket(name)
            guard bucket.row.objectLock != nil else { throw BucketLock.missing(name) }
            let found = try await findLockable(key, version, in: bucket, name)
            let rowKey = found.rowKey
            let before = found.pinned.row.value
            let row = try opened(before, rowKey: rowKey, key, in: bucket, name).row
            let keys = try unlocked.keys(ofBucket: bucket.row.uid)
            let time = lockClock.time
            // The commit may be of the lock clock alone.
            let isChanged = DecisionFlag()
            let write = RowWrite(subject: ChangeSubject(bucket: name, key: key), reads: [rowKey]) {
                (view) throws(RowWrite.Refusal) in
                guard view.rows[0]?.value == before else { throw .staleRows }
                do throws(StoreError) {
                    var row = row
                    try change(&row.lock, time, view.timeMilliseconds)
                    let value = try keys.authenticated(row.encodedWithoutMAC(), rowKey: rowKey)
                    isChanged.set(value != before)
                    guard value != before else { return [] }
                    return [RowMutation(key: rowKey, change: .put(value: value, payload: .sameAs(read: 0)))]
                } catch {
                    throw .failed(error)
                }
            }
            switch try await commit([write, try lockClockWrite(time)]) {
            case .committed(let receipt): return ChangeReceipt(lsn: isChanged.value ? receipt.lsn : nil)
            case .refused(.nothingToDo): return ChangeReceipt(lsn: nil)
            case .refused(.failed(let error)): throw error.about(name, key)
            case .refused: continue
            }
        }
    }

    private func findLockable(
        _ key: ObjectKey, _ version: VersionID?, in bucket: KnownBucket, _ name: BucketName
    ) async throws(StoreError) -> FoundVersion {
        let uid = bucket.row.uid
        while true {
            do throws(StoreError) {
                return try await find(key, version, in: bucket, name)
            } catch {
                guard error.code == .noSuchKey else { throw error }
                // One look at both: an object may have come in place of the marker.
                let (hasObject, hasMarker) = try await readStorage { snapshot throws(StorageError) in
                    (
                        try snapshot.row(RowKey.current(uid, key)) != nil,
                        try snapshot.row(RowKey.marker(uid, key)) != nil
                    )
                }
                guard !hasObject else { continue }
                guard hasMarker else { throw error }
                throw StoreError(
                    .methodNotAllowed, "The newest version is a delete marker, which has no lock; name a version.",
                    bucket: name, key: key)
            }
        }
    }
}
