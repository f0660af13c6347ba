internal import StrongroomCrypto
internal import StrongroomKeys
internal import StrongroomStorage
internal import StrongroomSystem

/// One put, from the plan to the commit.
struct PutOperation: Sendable {
    /// S3's limit of 50 TiB, which the format holds.
    static let objectLimitBytes: UInt64 = 50 << 40

    let engine: Engine
    let caller: Caller?
    let bucket: BucketName
    let key: ObjectKey
    let options: PutOptions

    func run<Body: AsyncSequence>(
        _ body: Body, lengthBytes: UInt64?
    ) async throws(StoreError) -> PutReceipt where Body.Element == ArraySlice<UInt8> {
        _ = try engine.unlockedKeys()
        var plan = try await makePlan()
        var source = BodySource(body, announcedBytes: lengthBytes)
        let announced = lengthBytes.map { Int(min($0, UInt64(engine.settings.smallObjectLimitBytes))) }
        let head = PlaintextBuffer(reservingBytes: announced ?? 0)
        while let slice = try await source.next() {
            head.append(slice)
            guard head.bytes.count <= engine.settings.smallObjectLimitBytes else {
                return try await putLarge(plan, head: head.bytes, rest: &source)
            }
        }
        // A small body is still at hand, so a plan that went stale is simply made anew.
        while true {
            if let receipt = try await putSmall(plan, head.bytes) { return receipt }
            plan = try await makePlan(refreshing: true)
        }
    }

    private func makePlan(refreshing: Bool = false) async throws(StoreError) -> EncryptionPlan {
        if refreshing { try await engine.refreshBucket(bucket) }
        return try EncryptionPlan.resolve(options.encryption, in: try engine.bucket(bucket), named: bucket)
    }

    /// - Returns: nil when the plan went stale.
    private func putSmall(_ plan: EncryptionPlan, _ body: [UInt8]) async throws(StoreError) -> PutReceipt? {
        var sealer = try await PayloadSealer(plan, of: self)
        let payload = try sealer.sealWhole(body)
        let draft = try sealer.draft(
            sizeBytes: UInt64(body.count), storedBytes: UInt64(payload.count), treeHash: nil, options: options)
        return try await commit(draft, plan, payload: .attachment(0), attachments: [payload])
    }

    private func putLarge<Body: AsyncSequence>(
        _ plan: EncryptionPlan, head: [UInt8], rest: inout BodySource<Body>
    ) async throws(StoreError) -> PutReceipt {
        var sealer = try await PayloadSealer(plan, of: self)
        let writer: any BlobWriter
        do throws(StorageError) {
            writer = try await engine.blobs.create(
                BlobPrelude(objectUID: sealer.objectUID, partUID: PayloadSealer.wholePartUID, suite: sealer.suiteNumber)
            )
        } catch {
            throw StoreError(error, bucket: bucket, key: key)
        }
        let receipt: PutReceipt?
        var isFinished = false
        do throws(StoreError) {
            let finished = try await stream(head, &rest, through: &sealer, to: writer)
            isFinished = true
            let draft = try sealer.draft(
                sizeBytes: rest.readBytes, storedBytes: finished.reference.lengthBytes, treeHash: finished.treeHash,
                options: options)
            receipt = try await commitLarge(draft, plan, finished.reference)
        } catch {
            // What the commit did is unknown then: the file may be named by a durable row, so it stays,
            // and the sweep at the next open decides.
            if isFinished, error.code == .durabilityUnknown { writer.leave() } else { await writer.abort() }
            throw error
        }
        guard let receipt else {
            await writer.abort()
            throw StoreError(
                .conflict, "The bucket's default encryption changed while the body was being stored; put it again.",
                bucket: bucket, key: key)
        }
        writer.leave()
        return receipt
    }

    private func stream<Body: AsyncSequence>(
        _ head: [UInt8], _ rest: inout BodySource<Body>, through sealer: inout PayloadSealer, to writer: any BlobWriter
    ) async throws(StoreError) -> FinishedBlob {
        var pending = sealer.begin()
        try sealer.append(head[...], to: &pending)
        while let slice = try await rest.next() {
            try sealer.append(slice, to: &pending)
            guard pending.count >= FileBody.sliceBytes else { continue }
            try await append(pending, to: writer)
            pending.removeAll(keepingCapacity: true)
        }
        try sealer.end(to: &pending)
        try await append(pending, to: writer)
        do throws(StorageError) {
            return try await writer.finish()
        } catch {
            throw StoreError(error, bucket: bucket, key: key)
        }
    }

    private func append(_ bytes: [UInt8], to writer: any BlobWriter) async throws(StoreError) {
        do throws(StorageError) {
            try await writer.append(bytes)
        } catch {
            throw StoreError(error, bucket: bucket, key: key)
        }
    }

    /// A large body cannot be sealed again. It may go in when the plan, made anew, says the same of it.
    private func commitLarge(
        _ draft: ObjectDraft, _ plan: EncryptionPlan, _ blob: BlobReference
    ) async throws(StoreError) -> PutReceipt? {
        var current = plan
        while true {
            if let receipt = try await commit(draft, current, payload: .blob(blob), attachments: []) { return receipt }
            current = try await makePlan(refreshing: true)
            guard current.mode == plan.mode, current.bucket.row.uid == plan.bucket.row.uid else { return nil }
        }
    }

    private enum Refusal: Sendable {
        case stalePlan
        case failed(StoreError)
    }

    /// - Returns: nil when the bucket's row is no longer the one that the plan was made from.
    private func commit(
        _ draft: ObjectDraft, _ plan: EncryptionPlan, payload: PayloadSource, attachments: [[UInt8]]
    ) async throws(StoreError) -> PutReceipt? {
        let rowKey = RowKey.current(plan.bucket.row.uid, key)
        let bucketValue = plan.bucket.storedValue
        let reserve = engine.keys?.reserve
        let outcome = try await engine.commit(
            reads: [RowKey.bucket(bucket), rowKey], attachments: attachments, meanwhile: { reserve?.replenish() }
        ) { view -> Decision<Refusal> in
            guard view.rows[0]?.value == bucketValue else { return .refuse(.stalePlan) }
            do throws(StoreError) {
                let value = try draft.row(lsn: view.lsn, timeMilliseconds: view.timeMilliseconds, rowKey: rowKey)
                return .commit([RowMutation(key: rowKey, change: .put(value: value, payload: payload))])
            } catch {
                return .refuse(.failed(error))
            }
        }
        switch outcome {
        case .refused(.stalePlan): return nil
        case .refused(.failed(let error)): throw error
        case .committed(let receipt):
            return PutReceipt(
                etag: draft.etag, sizeBytes: draft.row.sizeBytes,
                lastModified: .init(storeMilliseconds: receipt.timeMilliseconds),
                encryption: draft.descriptor, lsn: receipt.lsn)
        }
    }
}
