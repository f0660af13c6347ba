internal import StrongroomStorage
internal import StrongroomSystem

/// One delete: of the newest version, or of a version named.
struct DeleteOperation: Sendable {
    let engine: Engine
    let bucket: BucketName
    let key: ObjectKey

    /// Hides the object behind a delete marker where the bucket keeps versions, else removes it.
    func run(if condition: WriteCondition? = nil) async throws(StoreError) -> DeleteReceipt {
        _ = try engine.unlockedKeys()
        while true {
            let prepared = try await prepare(if: condition)
            switch try await engine.commit([prepared.write]) {
            case .committed(let receipt): return prepared.receipt(receipt)
            case .refused(.nothingToDo):
                return DeleteReceipt(existed: false, versionID: nil, isDeleteMarker: false, lsn: nil)
            case .refused(.stalePlan): try await engine.refreshBucket(bucket)
            case .refused(.staleRows): continue
            case .refused(.failed(let error)): throw error.about(bucket, key)
            }
        }
    }

    /// What a commit has to do, and what is known only once it was done.
    struct Prepared: Sendable {
        var write: RowWrite
        fileprivate let marker: VersionID?
        fileprivate let didExist: DecisionFlag

        func receipt(_ commit: CommitReceipt) -> DeleteReceipt {
            DeleteReceipt(
                existed: didExist.value, versionID: marker ?? (didExist.value ? .null : nil),
                isDeleteMarker: marker != nil, lsn: commit.lsn)
        }
    }

    func prepare(if condition: WriteCondition?) async throws(StoreError) -> Prepared {
        let known = try engine.bucket(bucket)
        return try await prepare(try await WritePrecondition.resolve(condition, key, in: known, bucket, engine))
    }

    func prepare(_ precondition: WritePrecondition) async throws(StoreError) -> Prepared {
        let known = try engine.bucket(bucket)
        guard known.row.state == .active else { throw Engine.beingDeleted(bucket) }
        let stack = try await engine.stack(key, in: known, bucket)
        let versioning = known.row.versioning
        let identifiers = engine.random.bytes(2 * ObjectRow.uidBytes)
        let marker = DeleteMarkerRow(
            uid: Array(identifiers.prefix(ObjectRow.uidBytes)),
            versionID: Array(identifiers.suffix(ObjectRow.uidBytes)),
            lsn: 0, createdMilliseconds: 0, isNullVersion: versioning == .suspended)
        let didExist = DecisionFlag()
        let write = RowWrite(
            subject: ChangeSubject(bucket: bucket, key: key), reads: [RowKey.bucket(bucket)] + stack.reads,
            frees: versioning == .unversioned
        ) {
            [key, bucket] (view) throws(RowWrite.Refusal) in
            guard view.rows[0]?.value == known.storedValue else { throw .stalePlan }
            try precondition.check(view.rows[1], key, bucket)
            didExist.set(view.rows[1] != nil)
            let head = versioning == .unversioned ? VersionStack.Head.nothing : try stack.markerHead(marker, view)
            return try stack.replaceHead(by: head, rows: view.rows[1...], firstRead: 1)
        }
        let markerID: VersionID? =
            switch versioning {
            case .unversioned: nil
            case .enabled: VersionID(bytes: marker.versionID)
            case .suspended: .null
            }
        return Prepared(write: write, marker: markerID, didExist: didExist)
    }

    /// Removes one version for good.
    func run(version: VersionID, bypassingGovernance: Bool) async throws(StoreError) -> DeleteReceipt {
        _ = try engine.unlockedKeys()
        while true {
            let known = try engine.bucket(bucket)
            guard var removal = try await engine.removal(of: version, key, in: known, bucket) else {
                return DeleteReceipt(existed: false, versionID: nil, isDeleteMarker: false, lsn: nil)
            }
            removal.bypassingGovernance = bypassingGovernance
            guard let receipt = try await commit(removal) else { continue }
            return DeleteReceipt(
                existed: true, versionID: version,
                isDeleteMarker: removal.value.first == DeleteMarkerRow.formatVersion, lsn: receipt.lsn)
        }
    }

    /// Removes one version for good, if its row is as it was found.
    ///
    /// - Returns: nil where it is not, or the row that is held has changed.
    func commit(
        _ removal: VersionStack.Removal, holding held: HeldRow? = nil
    ) async throws(StoreError) -> CommitReceipt? {
        while true {
            let known = try engine.bucket(bucket)
            let stack = VersionStack(
                bucketUID: known.row.uid, key: key, versioning: known.row.versioning,
                hasObjectLock: known.row.objectLock != nil, lockTime: engine.lockClock.time,
                keys: try engine.bucketKeys(known))
            var write = self.write(removal, stack, known)
            if let held { write = write.holding(held.rowKey, as: held.value) }
            switch try await engine.commit([write]) {
            case .committed(let receipt): return receipt
            case .refused(.stalePlan): try await engine.refreshBucket(bucket)
            case .refused(.staleRows), .refused(.nothingToDo): return nil
            case .refused(.failed(let error)): throw error.about(bucket, key)
            }
        }
    }
}

extension DeleteOperation {
    /// What a commit has to do to remove a version.
    func write(_ removal: VersionStack.Removal, _ stack: VersionStack, _ known: KnownBucket) -> RowWrite {
        RowWrite(
            subject: ChangeSubject(bucket: bucket, key: key), reads: [RowKey.bucket(bucket)] + removal.reads,
            frees: true
        ) { (view) throws(RowWrite.Refusal) in
            // A bucket that has object lock meanwhile may have locked this very version.
            guard view.rows[0]?.value == known.storedValue else { throw .stalePlan }
            return try stack.remove(removal, rows: view.rows[1...], firstRead: 1)
        }
    }
}

extension VersionStack {
    fileprivate func markerHead(
        _ marker: DeleteMarkerRow, _ view: RowWrite.View
    ) throws(RowWrite.Refusal) -> VersionStack.Head {
        var row = marker
        row.lsn = view.lsn
        row.createdMilliseconds = view.timeMilliseconds
        return .marker(
            value: try keys.refusingFault(row.encodedWithoutMAC(), rowKey: RowKey.marker(bucketUID, key)))
    }
}

extension StoreError {
    /// The same, naming the object where it named none.
    func about(_ bucket: BucketName, _ key: ObjectKey) -> StoreError {
        var error = self
        if error.bucket == nil { (error.bucket, error.key) = (bucket.rawValue, key.rawValue) }
        return error
    }
}
