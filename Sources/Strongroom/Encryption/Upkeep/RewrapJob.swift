internal import StrongroomCrypto
internal import StrongroomKeys
internal import StrongroomStorage
internal import StrongroomSystem

/// Goes through all wrapped keys, and has those that are under an old version of their key wrapped under the current
/// one.
///
/// Repeating it is harmless: what is current is left alone. Rows move between tables while it runs (a version that
/// becomes the newest), so it goes through all of them until once it has found nothing to do.
struct RewrapJob: Sendable {
    let engine: Engine
    let requester: Requester
    let options: RewrapOptions
    private let versions = KeyVersions()

    init(engine: Engine, requester: Requester, options: RewrapOptions) {
        self.engine = engine
        self.requester = requester
        self.options = options
    }

    private enum Outcome: Sendable {
        case rewrapped
        case current
        /// Without a key, under a customer's, or under another one than was asked for.
        case skipped
        case failed(String, String)
    }

    func run(_ progress: (@Sendable (RewrapReport) -> Void)?) async throws(StoreError) -> RewrapReport {
        try options.check()
        _ = try engine.unlockedKeys()
        var report = RewrapReport()
        let pace = Pace(options.ratePerSecond)
        let walk = SealedRowWalk(engine: engine, tables: Engine.sealedTables)
        var start = options.after ?? walk.beginning
        while true {
            let before = report.rewrappedCount
            versions.forget()
            (report.currentCount, report.failures, report.unlistedFailureCount) = (0, [], 0)
            for damage in engine.buckets.damaged { report.note(damage.place, damage.reason) }
            func isBelowLimit() -> Bool { options.limit.map { report.rewrappedCount < $0 } ?? true }
            report.cursor = try await walk.run(from: start, mayGoOn: isBelowLimit) { (row) throws(StoreError) in
                try await note(row, in: &report, pace)
            } atPageEnd: { place in
                var soFar = report
                soFar.cursor = place
                progress?(soFar)
            }
            if report.cursor != nil { return report }
            if start == walk.beginning, report.rewrappedCount == before { return report }
            start = walk.beginning
            guard isBelowLimit() else {
                // Whether rows have moved past this pass only another one can tell.
                report.cursor = start
                return report
            }
        }
    }

    private func note(
        _ row: Result<SealedRow, DamagedRow>, in report: inout RewrapReport, _ pace: Pace
    ) async throws(StoreError) {
        switch row {
        case .failure(let damage): report.note(damage.place, damage.reason)
        case .success(let row):
            let outcome = try await rewrap(row)
            switch outcome {
            case .rewrapped: report.rewrappedCount += 1
            case .current: report.currentCount += 1
            case .skipped: break
            case .failed(let place, let reason): report.note(place, reason)
            }
            // A service that refuses is not asked faster than one that does the work.
            switch outcome {
            case .rewrapped, .failed: try await pace.wait()
            case .current, .skipped: break
            }
        }
    }

    private func rewrap(_ row: SealedRow) async throws(StoreError) -> Outcome {
        do throws(StoreError) {
            switch row.content {
            case .bucketKey(let key): return try await rewrap(row, key)
            case .object, .upload:
                guard let sealing = row.sealing, sealing.mode != .customerKey, sealing.bucketKeyID == nil,
                    isWanted(sealing.keyID) || isWanted(sealing.outerLayer?.keyID), let key = row.key
                else { return .skipped }
                return try await rewrap(row, sealing, key)
            }
        } catch {
            guard !error.endsUpkeep else { throw error }
            return .failed(row.place, error.message)
        }
    }

    private func rewrap(
        _ row: SealedRow, _ sealing: ObjectRow.WrappedSealing, _ key: ObjectKey
    ) async throws(StoreError) -> Outcome {
        let old = WrappedDataKey(keyID: sealing.keyID, keyVersion: sealing.keyVersion, bytes: sealing.wrappedKey)
        let context =
            sealing.mode.asksKeyService
            ? try ObjectARN.context(sealing.context, row.bucket, key) : EncryptionContext.empty
        var fresh = sealing
        if isWanted(sealing.keyID),
            let new = try await rewrapped(old, sealing.mode, sealing.backendID, context, row.bucket)
        {
            (fresh.keyVersion, fresh.wrappedKey) = (new.keyVersion, new.bytes)
        }
        if var outer = sealing.outerLayer, isWanted(outer.keyID),
            let new = try await rewrapped(
                WrappedDataKey(keyID: outer.keyID, keyVersion: outer.keyVersion, bytes: outer.wrappedKey), .s3Managed,
                outer.backendID, .empty, row.bucket)
        {
            (outer.keyVersion, outer.wrappedKey) = (new.keyVersion, new.bytes)
            fresh.outerLayer = outer
        }
        guard fresh != sealing else { return .current }
        // What replaces the only way to the object must open it: the binding proves that.
        _ = try await engine.unwrap(fresh, row.identity(key), as: requester, row.bucket)
        return try await replace(row, by: row.encoded(with: fresh))
    }

    /// Nil is no key.
    private func isWanted(_ keyID: String?) -> Bool {
        keyID.map { keyID in options.keyID.map { $0 == keyID } ?? true } ?? false
    }

    private func rewrap(_ row: SealedRow, _ bucketKey: BucketKeyRow) async throws(StoreError) -> Outcome {
        guard isWanted(bucketKey.wrapped.keyID) else { return .skipped }
        let context = try ObjectARN.context(bucketKey.context, row.bucket)
        guard
            let new = try await rewrapped(bucketKey.wrapped, .kms, bucketKey.backendID, context, row.bucket)
        else { return .current }
        try await checkSame(bucketKey.wrapped, new, context, row.bucket)
        var fresh = bucketKey
        fresh.wrapped = new
        return try await replace(row, by: fresh.encodedWithoutMAC())
    }

    /// Nil where it is under the current version already.
    private func rewrapped(
        _ wrapped: WrappedDataKey, _ mode: EncryptionMode, _ backendID: String, _ context: EncryptionContext,
        _ bucket: BucketName
    ) async throws(StoreError) -> WrappedDataKey? {
        let keys = try engine.unlockedKeys()
        let backend = try await versions.backend(of: mode) { () async throws(StoreError) in
            try await keys.backend(of: mode, for: bucket)
        }
        guard backend.id == backendID else {
            throw StoreError(.keyNotFound, "The key is kept by another backend, \(backendID.debugDescription).")
        }
        let call = try keys.context(mode, requester, asking: backend, for: bucket)
        do throws(KeyBackendError) {
            guard try await versions.current(of: wrapped.keyID, backend, call) != wrapped.keyVersion else {
                return nil
            }
            return try await backend.backend.rewrap(
                wrapped, for: RewrapRequest(encryptionContext: context, context: call))
        } catch {
            throw StoreError(error)
        }
    }

    private func checkSame(
        _ old: WrappedDataKey, _ new: WrappedDataKey, _ context: EncryptionContext, _ bucket: BucketName
    ) async throws(StoreError) {
        let keys = try engine.unlockedKeys()
        let service = try await keys.backend(of: .kms, for: bucket)
        let backend = service.backend
        let request = UnwrapRequest(
            encryptionContext: context, context: try keys.context(.kms, requester, asking: service, for: bucket))
        let isSame: Bool
        do {
            let before = try await backend.unwrap(old, for: request)
            isSame = try await backend.unwrap(new, for: request).isEqual(to: before)
        } catch let error as KeyBackendError {
            throw StoreError(error)
        } catch {
            throw StoreError(.secretMemoryUnavailable, "\(error)", underlying: error)
        }
        guard isSame else {
            throw StoreError(.keyBackendFailed, "The key backend wrapped another key than the one it was given.")
        }
    }

    private func replace(_ row: SealedRow, by encoded: [UInt8]) async throws(StoreError) -> Outcome {
        let keys = try engine.bucketKeys(row.known)
        let value = try keys.authenticated(encoded, rowKey: row.rowKey)
        let keepsPayload = if case .object = row.content { true } else { false }
        let write = RowWrite(reads: [row.rowKey]) { (view) throws(RowWrite.Refusal) in
            guard view.rows[0]?.value == row.value else { throw .staleRows }
            return [
                RowMutation(
                    key: row.rowKey, change: .put(value: value, payload: keepsPayload ? .sameAs(read: 0) : .none))
            ]
        }
        switch try await engine.commit([write]) {
        case .committed: return .rewrapped
        case .refused(.failed(let error)): throw error
        case .refused: return .failed(row.place, "It was changed meanwhile; run again.")
        }
    }
}
