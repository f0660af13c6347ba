internal import StrongroomCrypto
internal import StrongroomKeys
internal import StrongroomStorage
internal import StrongroomSystem

/// An object that is sealed and stored as far as it can be before its commit.
struct PreparedPut: Sendable {
    let draft: ObjectDraft
    let plan: EncryptionPlan
    /// The part of a commit that makes it visible.
    let write: RowWrite
    /// The file of a large object: to be left or aborted, whatever becomes of the commit.
    let blob: (any BlobWriter)?

    /// The same put, refused as stale unless another row is as it was found.
    func holding(_ rowKey: [UInt8], as value: [UInt8]) -> PreparedPut {
        PreparedPut(draft: draft, plan: plan, write: write.holding(rowKey, as: value), blob: blob)
    }
}

/// One put, from the plan to the commit.
struct PutOperation: Sendable {
    /// S3's limit of 50 TiB, which the format holds.
    static let objectLimitBytes: UInt64 = 50 << 40

    let engine: Engine
    let requester: Requester
    let bucket: BucketName
    let key: ObjectKey
    let options: PutOptions

    func run<Body: AsyncSequence>(
        _ body: Body, lengthBytes: UInt64?
    ) async throws(StoreError) -> PutReceipt where Body.Element == ArraySlice<UInt8> {
        _ = try engine.unlockedKeys()
        // Nobody waits for a body that would be refused in any case.
        var plan = try await makePlan()
        var source = try BodySource(body, announcedBytes: lengthBytes, hashed(plan))
        let head = try await head(of: &source, lengthBytes: lengthBytes)
        guard head.isWhole else { return try await runLarge(plan, head.buffer, &source) }
        var digests = try source.finishDigests()
        // A small body is still at hand, so a plan that went stale is simply made anew.
        while true {
            if let receipt = try await commit(try await prepareSmall(plan, head.buffer, digests)) { return receipt }
            plan = try await makePlan(refreshing: true)
            if hashed(plan).etag == .md5, digests.md5 == nil { digests.md5 = try head.buffer.md5() }
        }
    }

    /// Does everything but the commit.
    func prepare<Body: AsyncSequence>(
        _ body: Body, lengthBytes: UInt64?
    ) async throws(StoreError) -> PreparedPut where Body.Element == ArraySlice<UInt8> {
        let plan = try await makePlan()
        var source = try BodySource(body, announcedBytes: lengthBytes, hashed(plan))
        let head = try await head(of: &source, lengthBytes: lengthBytes)
        guard head.isWhole else { return try await prepareLarge(plan, head.buffer, &source) }
        return try await prepareSmall(plan, head.buffer, try source.finishDigests())
    }

    func makePlan(refreshing: Bool = false) async throws(StoreError) -> EncryptionPlan {
        if refreshing { try await engine.refreshBucket(bucket) }
        let plan = try EncryptionPlan.resolve(
            options.encryption, by: requester, in: try engine.bucket(bucket), named: bucket, try engine.unlockedKeys())
        try PutLock.resolve(options, in: plan.bucket, named: bucket).check(at: engine.lockClock.time)
        return plan
    }

    /// The options, without an ETag that the plan's mode does not show: its hash is what takes longest of a large put.
    private func hashed(_ plan: EncryptionPlan) -> PutOptions {
        var options = options
        if plan.mode.recorded.hidesChecksums { options.etag = .opaque }
        return options
    }

    /// The body, or as much of it as shows that it is a large one.
    private func head<Body: AsyncSequence>(
        of source: inout BodySource<Body>, lengthBytes: UInt64?
    ) async throws(StoreError) -> (buffer: PlaintextBuffer, isWhole: Bool) {
        let announced = lengthBytes.map { Int(min($0, UInt64(engine.settings.smallObjectLimitBytes))) }
        let buffer = PlaintextBuffer(reservingBytes: announced ?? 0)
        while let slice = try await source.next() {
            buffer.append(slice)
            if buffer.bytes.count > engine.settings.smallObjectLimitBytes { return (buffer, false) }
        }
        return (buffer, true)
    }

    // MARK: Small objects, which travel in the commit

    private func prepareSmall(
        _ plan: EncryptionPlan, _ body: PlaintextBuffer, _ digests: BodyDigests
    ) async throws(StoreError) -> PreparedPut {
        var sealer = try await PayloadSealer(plan, of: self)
        let payload = try sealer.sealWhole(body.bytes)
        let draft = try sealer.draft(
            sizeBytes: UInt64(body.bytes.count), storedBytes: UInt64(payload.count), treeHash: nil, digests,
            options: options)
        let write = try await write(draft, plan, payload: .attachment(0), attachments: [payload])
        return PreparedPut(draft: draft, plan: plan, write: write, blob: nil)
    }

    // MARK: Large objects, which get a file of their own

    private func runLarge<Body: AsyncSequence>(
        _ plan: EncryptionPlan, _ head: PlaintextBuffer, _ rest: inout BodySource<Body>
    ) async throws(StoreError) -> PutReceipt where Body.Element == ArraySlice<UInt8> {
        let prepared = try await prepareLarge(plan, head, &rest)
        let receipt: PutReceipt?
        do throws(StoreError) {
            receipt = try await commitLarge(prepared)
        } catch {
            // What the commit did is unknown then: the file may be named by a durable row, so it stays,
            // and the sweep at the next open decides.
            if error.code == .durabilityUnknown { prepared.blob?.leave() } else { await prepared.blob?.abort() }
            throw error
        }
        guard let receipt else {
            await prepared.blob?.abort()
            throw StoreError(
                .conflict,
                "The bucket's encryption or versioning changed while the body was being stored; put it again.",
                bucket: bucket, key: key)
        }
        prepared.blob?.leave()
        return receipt
    }

    private func prepareLarge<Body: AsyncSequence>(
        _ plan: EncryptionPlan, _ head: PlaintextBuffer, _ rest: inout BodySource<Body>
    ) async throws(StoreError) -> PreparedPut where Body.Element == ArraySlice<UInt8> {
        var sealer = try await PayloadSealer(plan, of: self)
        let place = ObjectPlace(bucket: bucket, key: key)
        let writer = try await engine.beginBlob(sealer, partUID: PayloadSealer.wholePartUID, place)
        do throws(StoreError) {
            let finished = try await engine.stream(
                head.bytes, &rest, through: &sealer, to: writer, limitBytes: Self.objectLimitBytes, place)
            let draft = try sealer.draft(
                sizeBytes: rest.readBytes, storedBytes: finished.reference.lengthBytes, treeHash: finished.treeHash,
                try rest.finishDigests(), options: options)
            let write = try await write(draft, plan, payload: .blob(finished.reference), attachments: [])
            return PreparedPut(draft: draft, plan: plan, write: write, blob: writer)
        } catch {
            await writer.abort()
            throw error
        }
    }

    /// A large body cannot be sealed again. It may go in when the plan, made anew, says the same of it.
    private func commitLarge(_ prepared: PreparedPut) async throws(StoreError) -> PutReceipt? {
        var prepared = prepared
        while true {
            if let receipt = try await commit(prepared) { return receipt }
            let current = try await makePlan(refreshing: true)
            guard current.mode == prepared.plan.mode, current.bucket.row.uid == prepared.plan.bucket.row.uid,
                current.bucket.row.versioning == prepared.plan.bucket.row.versioning
            else { return nil }
            prepared = try await replanned(prepared, current)
        }
    }

    // MARK: The commit

    /// - Returns: nil when the bucket's row is no longer the one that the plan was made from.
    private func commit(_ prepared: PreparedPut) async throws(StoreError) -> PutReceipt? {
        let reserve = engine.keys?.reserve
        var prepared = prepared
        while true {
            switch try await engine.commit([prepared.write], meanwhile: { reserve?.replenish() }) {
            case .committed(let receipt): return prepared.draft.receipt(receipt)
            case .refused(.stalePlan), .refused(.nothingToDo): return nil
            case .refused(.staleRows): prepared = try await replanned(prepared, prepared.plan)
            case .refused(.failed(let error)): throw error.about(bucket, key)
            }
        }
    }

    /// The same object, for rows that have changed.
    private func replanned(
        _ prepared: PreparedPut, _ plan: EncryptionPlan
    ) async throws(StoreError) -> PreparedPut {
        let old = prepared.write
        let write = try await write(prepared.draft, plan, payload: old.payload, attachments: old.attachments)
        return PreparedPut(draft: prepared.draft, plan: plan, write: write, blob: prepared.blob)
    }

    private func write(
        _ draft: ObjectDraft, _ plan: EncryptionPlan, payload: PayloadSource, attachments: [[UInt8]]
    ) async throws(StoreError) -> RowWrite {
        let stack = try await engine.stack(key, in: plan.bucket, bucket)
        let precondition = try await WritePrecondition.resolve(options.condition, key, in: plan.bucket, bucket, engine)
        let rowKey = RowKey.current(plan.bucket.row.uid, key)
        let bucketValue = plan.bucket.storedValue
        let lock = try PutLock.resolve(options, in: plan.bucket, named: bucket)
        let draft = draft.locked(lock)
        return RowWrite(
            subject: ChangeSubject(bucket: bucket, key: key), reads: [RowKey.bucket(bucket)] + stack.reads,
            payload: payload, attachments: attachments
        ) { [key, bucket] (view) throws(RowWrite.Refusal) in
            guard view.rows[0]?.value == bucketValue else { throw .stalePlan }
            try precondition.check(view.rows[1], key, bucket)
            let value: [UInt8]
            do throws(StoreError) {
                try lock.check(at: stack.lockTime, storeMilliseconds: view.timeMilliseconds)
                value = try draft.row(
                    lsn: view.lsn, timeMilliseconds: view.timeMilliseconds, stack.lockTime, rowKey: rowKey)
            } catch {
                throw .failed(error.about(bucket, key))
            }
            return try stack.replaceHead(by: .object(value: value, payload), rows: view.rows[1...], firstRead: 1)
        }
    }
}

extension ObjectDraft {
    func receipt(_ receipt: CommitReceipt) -> PutReceipt {
        PutReceipt(
            etag: etag, checksums: checksums, sizeBytes: row.sizeBytes,
            lastModified: .init(storeMilliseconds: receipt.timeMilliseconds),
            versionID: row.publicVersionID, encryption: descriptor, lsn: receipt.lsn)
    }
}
