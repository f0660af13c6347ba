internal import StrongroomCrypto
internal import StrongroomKeys
internal import StrongroomStorage
internal import StrongroomSystem

/// Seals one version anew, under a new data key, and puts it in its own place: version, LSN, time, ETag and attributes
/// stay as they are. Held against the row as it was found, so that no change of somebody else's is lost.
///
/// The parts of an object in parts are sealed one by one under a new object uid. Until the object's row names it, that
/// uid stands in the table of what nobody owns, and is pinned: if the work breaks off, the reaper removes its parts.
struct VersionReseal: Sendable {
    let engine: Engine
    let requester: Requester
    let row: SealedRow
    let object: ObjectRow
    let key: ObjectKey

    private var place: ObjectPlace { ObjectPlace(bucket: row.bucket, key: key) }
    private var bucketUID: [UInt8] { row.known.row.uid }

    /// - Parameter setting: the bucket's default that `standard` comes of.
    /// - Returns: the new row; nil where the row or the default has changed meanwhile.
    func run(
        as standard: EncryptionKind, under setting: DefaultEncryption
    ) async throws(StoreError) -> ObjectRow? {
        guard let source = try await openSource() else { return nil }
        let put = PutOperation(
            engine: engine, requester: requester, bucket: row.bucket, key: key,
            options: PutOptions(encryption: request(standard)))
        let plan = try await put.makePlan()
        guard plan.bucket.row.uid == bucketUID, plan.bucket.row.defaultEncryption == setting else { return nil }
        let sealer = try await PayloadSealer(plan, of: put, version: object.versionID)
        return switch source.content {
        case .whole(let content): try await resealWhole(content, source.opened, sealer, plan)
        case .parted(let content): try await resealParts(content, source.opened, sealer, plan)
        }
    }

    /// What is to be sealed anew.
    private struct Source {
        enum Content {
            case whole(ObjectContent)
            case parted(PartedContent)
        }

        var opened: OpenedRow
        var content: Content
    }

    /// Copies a small payload out, or opens its file. The row is pinned in here alone: for as long as it is, no space
    /// of the store comes back, and an object may take long to be sealed.
    ///
    /// - Returns: nil where the row has changed.
    private func openSource() async throws(StoreError) -> Source? {
        let pin = object.parts == nil ? nil : PartPin(object.objectUID, of: engine)
        guard let pinned = try await engine.pinned(row.rowKey, key, row.bucket), pinned.row.value == row.value else {
            return nil
        }
        var opened = try engine.opened(row.value, rowKey: row.rowKey, key, in: row.known, row.bucket)
        let dataKey = try await engine.dataKey(&opened, place, in: row.known, as: requester) { _ in }
        let found = OpenedVersion(rowKey: row.rowKey, pinned: pinned, opened: opened, partPin: pin)
        guard let parts = try await engine.parts(of: found, in: row.known, place), let pin else {
            let content = try await engine.wholeContent(found, dataKey, in: row.known, place)
            return Source(opened: opened, content: .whole(content))
        }
        let content = PartedContent(
            engine, parts, of: object, dataKey, try engine.bucketKeys(row.known), place, pin: pin)
        return Source(opened: opened, content: .parted(content))
    }

    /// What the default asks for, with the pairs that the object has.
    private func request(_ standard: EncryptionKind) -> EncryptionRequest {
        var context: [String: String] = [:]
        if case .wrapped(let sealing) = object.sealing { context = sealing.context.dictionary }
        return switch standard.mode {
        case .none: .none
        case .s3Managed: .s3Managed
        case .kms: .kms(key: standard.keyID, context: context, bucketKey: standard.usesBucketKey)
        case .kmsDualLayer: .kmsDualLayer(key: standard.keyID, context: context)
        case .customerKey: preconditionFailure("no default asks for a customer's key")
        }
    }

    // MARK: One piece

    private func resealWhole(
        _ content: ObjectContent, _ opened: OpenedRow, _ sealer: PayloadSealer, _ plan: EncryptionPlan
    ) async throws(StoreError) -> ObjectRow? {
        var sealer = sealer
        let stored = try await store(content, through: &sealer, PayloadSealer.wholePartUID)
        do throws(StoreError) {
            var fresh = try renewed(opened, sealer)
            (fresh.storedBytes, fresh.treeHash) = (stored.storedBytes, stored.treeHash)
            let isDone = try await commit(fresh, plan, payload: stored.payload, stored.attachments) { [] }
            if isDone { stored.blob?.leave() } else { await stored.blob?.abort() }
            return isDone ? fresh : nil
        } catch {
            if error.code == .durabilityUnknown { stored.blob?.leave() } else { await stored.blob?.abort() }
            throw error
        }
    }

    private func store(
        _ content: ObjectContent, through sealer: inout PayloadSealer, _ partUID: [UInt8]
    ) async throws(StoreError) -> StoredBody {
        var source = try BodySource(
            CopyBody(content), announcedBytes: content.sizeBytes, PutOptions(checksums: [], etag: .opaque))
        return try await engine.store(
            &source, through: &sealer, limitBytes: PutOperation.objectLimitBytes, place, partUID: partUID)
    }

    /// The row under the new data key.
    private func renewed(_ opened: OpenedRow, _ sealer: PayloadSealer) throws(StoreError) -> ObjectRow {
        var fresh = object
        fresh.objectUID = sealer.objectUID
        do throws(SealError) {
            fresh.sealing =
                object.parts == nil
                ? try sealer.makeSealing(sizeBytes: object.sizeBytes, etag: opened.attributes.etag)
                : try sealer.makeWrap()
            fresh.attributes = try sealer.bucketKeys.seal(
                opened.attributes, objectUID: sealer.objectUID, random: engine.random)
            return fresh
        } catch {
            throw StoreError(error, bucket: row.bucket, key: key)
        }
    }

    // MARK: In parts

    private func resealParts(
        _ content: PartedContent, _ opened: OpenedRow, _ sealer: PayloadSealer, _ plan: EncryptionPlan
    ) async throws(StoreError) -> ObjectRow? {
        let pin = PartPin(sealer.objectUID, of: engine)
        defer { withExtendedLifetime(pin) {} }
        let mark = RowKey.abandonedParts(bucketUID, of: sealer.objectUID)
        try await commit(RowMutation(key: mark, change: .put(value: [1], payload: .none)))
        do throws(StoreError) {
            var fresh = try renewed(opened, sealer)
            var parts: [(number: Int, row: PartRow)] = []
            for part in content.parts {
                parts.append((part.number, try await reseal(part, of: content, as: fresh, sealer)))
            }
            fresh.storedBytes = parts.reduce(0) { $0 + $1.row.storedBytes }
            do throws(SealError) {
                fresh.parts = try PartTable(parts)
            } catch {
                throw StoreError(error, bucket: row.bucket, key: key)
            }
            let old = RowKey.abandonedParts(bucketUID, of: object.objectUID)
            let isDone = try await commit(fresh, plan, payload: .none, []) {
                [
                    RowMutation(key: mark, change: .delete),
                    RowMutation(key: old, change: .put(value: [1], payload: .none)),
                ]
            }
            if !isDone { engine.scheduleReaping() }
            return isDone ? fresh : nil
        } catch {
            engine.scheduleReaping()
            throw error
        }
    }

    private func reseal(
        _ part: ObjectPart, of content: PartedContent, as fresh: ObjectRow, _ sealer: PayloadSealer
    ) async throws(StoreError) -> PartRow {
        let partUID = engine.random.bytes(ObjectRow.uidBytes)
        var own = try PayloadSealer(
            part: partUID, of: fresh, sealer.dataKey, key: key, in: row.known, engine)
        let stored = try await store(try await content.open(part), through: &own, partUID)
        do throws(StoreError) {
            let attributes = try engine.attributes(part.row.attributes, of: part.row.partUID, in: row.known, place)
            var fresh: PartRow
            do throws(SealError) {
                fresh = try own.partRow(part.number, stored, attributes)
            } catch {
                throw StoreError(error, bucket: row.bucket, key: key)
            }
            (fresh.lsn, fresh.lastModifiedMilliseconds) = (part.row.lsn, part.row.lastModifiedMilliseconds)
            let rowKey = RowKey.part(bucketUID, of: sealer.objectUID, number: part.number)
            let value = try sealer.bucketKeys.authenticated(fresh.encodedWithoutMAC(), rowKey: rowKey)
            try await commit(
                RowMutation(key: rowKey, change: .put(value: value, payload: stored.payload)), stored.attachments)
            stored.blob?.leave()
            return fresh
        } catch {
            if error.code == .durabilityUnknown { stored.blob?.leave() } else { await stored.blob?.abort() }
            throw error
        }
    }

    // MARK: Commits

    /// What nobody sees before the object's row names it.
    private func commit(_ mutation: RowMutation, _ attachments: [[UInt8]] = []) async throws(StoreError) {
        let payload: PayloadSource = if case .put(_, let source) = mutation.change { source } else { .none }
        let write = RowWrite(reads: [mutation.key], payload: payload, attachments: attachments) { _ in [mutation] }
        if case .refused(.failed(let error)) = try await engine.commit([write]) { throw error.about(row.bucket, key) }
    }

    /// - Parameter besides: what else comes with the object's row.
    /// - Returns: whether the row was as it had been found.
    private func commit(
        _ fresh: ObjectRow, _ plan: EncryptionPlan, payload: PayloadSource, _ attachments: [[UInt8]],
        besides: () -> [RowMutation]
    ) async throws(StoreError) -> Bool {
        let value = try engine.bucketKeys(row.known).authenticated(fresh.encodedWithoutMAC(), rowKey: row.rowKey)
        let mutations =
            [RowMutation(key: row.rowKey, change: .put(value: value, payload: payload))] + besides()
        var known = plan.bucket
        while true {
            let write = write(mutations, known, payload: payload, attachments)
            switch try await engine.commit([write]) {
            case .committed: return true
            case .refused(.failed(let error)): throw error.about(row.bucket, key)
            case .refused(.stalePlan):
                // Settings that concern nothing here are no reason to seal it all again.
                try await engine.refreshBucket(row.bucket)
                let current = try engine.bucket(row.bucket)
                guard current.row.uid == bucketUID,
                    current.row.defaultEncryption == plan.bucket.row.defaultEncryption
                else { return false }
                known = current
            case .refused: return false
            }
        }
    }

    private func write(
        _ mutations: [RowMutation], _ known: KnownBucket, payload: PayloadSource, _ attachments: [[UInt8]]
    ) -> RowWrite {
        let time = engine.lockClock.time
        return RowWrite(
            subject: ChangeSubject(bucket: row.bucket, key: key), reads: [RowKey.bucket(row.bucket), row.rowKey],
            payload: payload, attachments: attachments
        ) { [row, lock = object.lock] (view) throws(RowWrite.Refusal) in
            guard view.rows[0]?.value == known.storedValue else { throw .stalePlan }
            guard view.rows[1]?.value == row.value else { throw .staleRows }
            do throws(StoreError) {
                try lock.checkRemoval(at: time, bypassingGovernance: false)
            } catch {
                throw .failed(error)
            }
            return mutations
        }
    }
}
