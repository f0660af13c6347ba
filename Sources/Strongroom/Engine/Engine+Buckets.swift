internal import Logging
internal import StrongroomStorage
internal import StrongroomSystem

extension Engine {
    enum BucketRefusal: Sendable {
        /// The bucket's row is not as it was when the change was planned.
        case stale
        case failed(StoreError)
    }

    func createBucket(
        _ name: BucketName, defaultEncryption: DefaultEncryption, versioning: Versioning, objectLock: Bool,
        allowing: Set<BlockableEncryption>
    ) async throws(StoreError) {
        let keys = try unlockedKeys()
        try keys.checkAvailable(defaultEncryption.mode, for: name)
        guard !objectLock || versioning != .suspended else {
            throw StoreError(
                .invalidArgument, "Object lock needs versioning; ask for it enabled, or leave it out.", bucket: name)
        }
        // Before the first lock: a bucket with object lock and no clock is one whose locks never expire.
        if objectLock { try await saveLockClock() }
        let rowKey = RowKey.bucket(name)
        let template = BucketRow(
            uid: random.bytes(ObjectRow.uidBytes), createdMilliseconds: 0, defaultEncryption: defaultEncryption,
            state: .active, lsn: 0, versioning: objectLock ? .enabled : versioning,
            objectLock: objectLock ? BucketLock() : nil, allowsCustomerKeys: allowing.contains(.customerKeys))
        let outcome = try await commit(reads: [rowKey]) { [timeline] view -> Decision<BucketRefusal> in
            guard view.rows[0] == nil else { return .refuse(.stale) }
            return keys.decision(
                template.created(view.lsn, view.timeMilliseconds), rowKey, name, .bucketCreated, timeline, view)
        }
        guard let receipt = try Self.receipt(outcome) else {
            // Whoever made it may not have taken note of it yet.
            try await refreshBucket(name)
            throw StoreError(
                .bucketAlreadyExists, "A bucket of that name exists already; Store.bucket(_:) names it.", bucket: name)
        }
        try note(name, template.created(receipt.lsn, receipt.timeMilliseconds))
    }

    /// Changes what the bucket's row says.
    func change(
        _ name: BucketName, _ body: (inout BucketRow) throws(StoreError) -> Void
    ) async throws(StoreError) -> ChangeReceipt {
        while true {
            let known = try bucket(name)
            guard known.row.state == .active else { throw Self.beingDeleted(name) }
            var row = known.row
            try body(&row)
            if let lsn = try await replace(known, with: row, name) { return ChangeReceipt(lsn: lsn) }
            try await refreshBucket(name)
        }
    }

    /// Deletes an empty bucket in three steps, because emptiness is no single row that a commit could
    /// check: mark the bucket so that puts are refused, look, then delete the row or take the mark back.
    /// What a crash leaves marked, the next open resolves.
    func deleteBucket(_ name: BucketName) async throws(StoreError) -> ChangeReceipt {
        _ = try unlockedKeys()
        let notEmpty = StoreError(
            .bucketNotEmpty,
            "The bucket holds objects, old versions, delete markers or unfinished uploads; delete and abort them first.",
            bucket: name)
        // Looked at before the mark is set as well, so that a deletion that must fail disturbs no put.
        // One that is marked already, because a deletion could not be taken back, is resolved whatever it holds.
        let first = try bucket(name)
        if first.row.state == .active {
            guard try await isEmpty(first.row.uid) else { throw notEmpty }
        }
        while true {
            let known = try bucket(name)
            if known.row.state == .deleting { break }
            var marked = known.row
            marked.state = .deleting
            if try await replace(known, with: marked, name) != nil { break }
            try await refreshBucket(name)
        }
        switch try await resolveDeletion(of: name) {
        case .deleted(let lsn):
            await tryRemovingBucketKeys(of: first.row.uid, name)
            return ChangeReceipt(lsn: lsn)
        case .kept: throw notEmpty
        }
    }

    enum DeletionOutcome {
        /// By this commit; nil where somebody else's call deleted it.
        case deleted(lsn: UInt64?)
        /// It was not empty, or not marked.
        case kept
    }

    /// Deletes a marked bucket, or takes the mark back.
    @discardableResult
    func resolveDeletion(of name: BucketName) async throws(StoreError) -> DeletionOutcome {
        let keys = try unlockedKeys()
        let known = try bucket(name)
        guard known.row.state == .deleting else { return .kept }
        guard try await isEmpty(known.row.uid) else {
            var row = known.row
            row.state = .active
            _ = try await replace(known, with: row, name)
            return .kept
        }
        // A marked bucket gets no documents any more, so that these are all.
        let rowKeys = [RowKey.bucket(name)] + (try await documentRowKeys(of: known.row.uid))
        let outcome = try await commit(reads: rowKeys) { [timeline] view -> Decision<BucketRefusal> in
            guard view.rows[0]?.value == known.storedValue else { return .refuse(.stale) }
            return keys.noting(
                .bucketDeleted, name, timeline, view, rowKeys.map { RowMutation(key: $0, change: .delete) })
        }
        guard let receipt = try Self.receipt(outcome) else {
            // Somebody else resolved it in the meantime.
            try await refreshBucket(name)
            return buckets[name] == nil ? .deleted(lsn: nil) : .kept
        }
        buckets.note(name, nil, lsn: receipt.lsn)
        bucketDocuments.forget(known.row.uid)
        return .deleted(lsn: receipt.lsn)
    }

    /// - Returns: the commit; nil when the stored row is no longer `known`'s.
    private func replace(
        _ known: KnownBucket, with row: BucketRow, _ name: BucketName
    ) async throws(StoreError) -> UInt64? {
        let keys = try unlockedKeys()
        let rowKey = RowKey.bucket(name)
        let outcome = try await commit(reads: [rowKey]) { [timeline] view -> Decision<BucketRefusal> in
            guard view.rows[0]?.value == known.storedValue else { return .refuse(.stale) }
            var row = row
            row.lsn = view.lsn
            // Marking a bucket for its deletion, and taking that back, is no change yet.
            let isChange = row.state == .active && known.row.state == .active
            return keys.decision(row, rowKey, name, isChange ? .bucketChanged : nil, timeline, view)
        }
        guard let receipt = try Self.receipt(outcome) else { return nil }
        var row = row
        row.lsn = receipt.lsn
        try note(name, row)
        return receipt.lsn
    }

    /// Nil when the row had changed in the meantime.
    static func receipt(_ outcome: CommitOutcome<BucketRefusal>) throws(StoreError) -> CommitReceipt? {
        switch outcome {
        case .committed(let receipt): return receipt
        case .refused(.stale): return nil
        case .refused(.failed(let error)): throw error
        }
    }

    private func note(_ name: BucketName, _ row: BucketRow) throws(StoreError) {
        let keys = try unlockedKeys()
        let stored = try keys.storeRows.authenticated(row.encodedWithoutMAC(), rowKey: RowKey.bucket(name))
        buckets.note(name, KnownBucket(row: row, storedValue: stored), lsn: row.lsn)
    }

    /// Reads the bucket's row anew, after a plan made from what was known went stale.
    func refreshBucket(_ name: BucketName) async throws(StoreError) {
        let rowKey = RowKey.bucket(name)
        let (row, lsn) = try await readStorage { snapshot throws(StorageError) in
            (try snapshot.row(rowKey), snapshot.lsn)
        }
        guard let row else {
            buckets.note(name, nil, lsn: lsn)
            return
        }
        try adopt(row.value, rowKey: rowKey, lsn: lsn)
    }

    /// Fills the directory from the stored rows, and resolves deletions that a crash interrupted.
    func loadBuckets() async throws(StoreError) {
        let (rows, lsn) = try await readStorage { snapshot throws(StorageError) in
            var rows: [(key: [UInt8], value: [UInt8])] = []
            try snapshot.scan(from: [RowKey.bucketTable], to: [RowKey.bucketTable + 1]) {
                key, row throws(StorageError) in
                rows.append((key, row.value))
                return .next
            }
            return (rows, snapshot.lsn)
        }
        for row in rows { try adopt(row.value, rowKey: row.key, lsn: lsn) }
        guard keys != nil else { return }
        for (name, bucket) in buckets.all where bucket.row.state == .deleting {
            // On a full disk, say: the bucket then refuses puts until a deletion is tried again.
            do throws(StoreError) {
                try await resolveDeletion(of: name)
            } catch {
                logger.warning("Bucket left marked for deletion", metadata: ["bucket": "\(name)", "error": "\(error)"])
            }
        }
    }

    /// A row that cannot be trusted makes its bucket unusable, and no other.
    private func adopt(_ storedValue: [UInt8], rowKey: [UInt8], lsn: UInt64) throws(StoreError) {
        guard let text = String(validating: rowKey.dropFirst(), as: UTF8.self), let name = try? BucketName(text) else {
            buckets.noteUnreadableRow(rowKey)
            return
        }
        if let keys, try !keys.storeRows.isAuthentic(storedValue, rowKey: rowKey) {
            buckets.noteDamage(of: name, "The bucket's row is not what was written: it was altered.", lsn: lsn)
            return
        }
        do throws(FieldReader.Malformed) {
            let row = try BucketRow(decoding: storedValue)
            buckets.note(name, KnownBucket(row: row, storedValue: storedValue), lsn: row.lsn)
        } catch {
            buckets.noteDamage(of: name, "The bucket's row cannot be read: \(error.reason).", lsn: lsn)
        }
    }

    private func isEmpty(_ uid: [UInt8]) async throws(StoreError) -> Bool {
        // Old versions and delete markers count, as in S3; unfinished uploads, too, whose parts nobody else could find.
        let tables = [RowKey.currentTable, RowKey.markerTable, RowKey.versionTable, RowKey.uploadTable].map {
            [$0] + uid
        }
        return try await readStorage { snapshot throws(StorageError) in
            var isEmpty = true
            for start in tables where isEmpty {
                try snapshot.scan(from: start, to: RowKey.successor(ofPrefix: start)) { _, _ throws(StorageError) in
                    isEmpty = false
                    return .stop
                }
            }
            return isEmpty
        }
    }
}

extension BucketRow {
    fileprivate func created(_ lsn: UInt64, _ timeMilliseconds: Int64) -> BucketRow {
        var row = self
        row.lsn = lsn
        row.createdMilliseconds = timeMilliseconds
        return row
    }
}

extension StoreKeys {
    fileprivate func decision(
        _ row: BucketRow, _ rowKey: [UInt8], _ name: BucketName, _ kind: Change.Kind?, _ timeline: UInt32,
        _ view: CommitView
    ) -> Decision<Engine.BucketRefusal> {
        let value: [UInt8]
        do throws(StoreError) {
            value = try storeRows.authenticated(row.encodedWithoutMAC(), rowKey: rowKey)
        } catch {
            return .refuse(.failed(error))
        }
        return noting(
            kind, name, timeline, view, [RowMutation(key: rowKey, change: .put(value: value, payload: .none))])
    }

    func noting(
        _ kind: Change.Kind?, _ name: BucketName, _ timeline: UInt32, _ view: CommitView, _ mutations: [RowMutation]
    ) -> Decision<Engine.BucketRefusal> {
        do throws(StoreError) {
            let records = kind.map { [ChangeRecord(kind: $0, bucket: name, key: nil, versionID: nil)] } ?? []
            let note = try note(records, timeline: timeline, lsn: view.lsn, timeMilliseconds: view.timeMilliseconds)
            return .commit(mutations, note: note)
        } catch {
            return .refuse(.failed(error))
        }
    }
}
