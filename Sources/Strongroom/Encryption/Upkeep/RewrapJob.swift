internal import StrongroomCrypto
internal import StrongroomKeys
internal import StrongroomStorage
internal import StrongroomSystem

/// Goes through all wrapped keys, and has those that are under an old version of their key wrapped under the current
/// one.
///
/// Repeating it is harmless: what is current is left alone. A row that changes meanwhile is read again by a later run,
/// or is new and therefore current.
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

    private static let pageRows = 64

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
        for table in Engine.sealedTables {
            var place = [table]
            if let start = options.after {
                guard let first = Engine.sealedTables.firstIndex(of: start.rowKey[0]),
                    let own = Engine.sealedTables.firstIndex(of: table), own >= first
                else { continue }
                if own == first { place = start.rowKey }
            }
            while true {
                let page = try await engine.sealedRows(after: place, limit: Self.pageRows)
                for row in page.rows {
                    if let limit = options.limit, report.rewrappedCount >= limit {
                        report.cursor = RewrapCursor(rowKey: place)
                        return report
                    }
                    try await note(row, in: &report, pace)
                    if case .success(let row) = row { place = row.rowKey }
                }
                progress?(report)
                guard let last = page.last else { break }
                place = last
            }
        }
        return report
    }

    private func note(
        _ row: Result<SealedRow, DamagedRow>, in report: inout RewrapReport, _ pace: Pace
    ) async throws(StoreError) {
        switch row {
        case .failure(let damage): report.note(damage.place, damage.reason)
        case .success(let row):
            switch try await rewrap(row) {
            case .rewrapped:
                report.rewrappedCount += 1
                try await pace.wait()
            case .current: report.currentCount += 1
            case .skipped: break
            case .failed(let place, let reason): report.note(place, reason)
            }
        }
    }

    private func rewrap(_ row: SealedRow) async throws(StoreError) -> Outcome {
        do throws(StoreError) {
            switch row.content {
            case .bucketKey(let key): return try await rewrap(row, key)
            case .object, .upload:
                guard let sealing = row.sealing, sealing.mode != .customerKey, sealing.bucketKeyID == nil,
                    options.keyID.map({ $0 == sealing.keyID }) ?? true, let key = row.key
                else { return .skipped }
                return try await rewrap(row, sealing, key)
            }
        } catch {
            switch error.code {
            case .cancelled, .closed, .durabilityUnknown, .secretMemoryUnavailable: throw error
            default: return .failed(row.place, error.message)
            }
        }
    }

    private func rewrap(
        _ row: SealedRow, _ sealing: ObjectRow.WrappedSealing, _ key: ObjectKey
    ) async throws(StoreError) -> Outcome {
        let old = WrappedDataKey(keyID: sealing.keyID, keyVersion: sealing.keyVersion, bytes: sealing.wrappedKey)
        let context =
            sealing.mode == .kms ? try ObjectARN.context(sealing.context, row.bucket, key) : EncryptionContext.empty
        guard let new = try await rewrapped(old, sealing.mode, sealing.backendID, context, row.bucket) else {
            return .current
        }
        var fresh = sealing
        (fresh.keyVersion, fresh.wrappedKey) = (new.keyVersion, new.bytes)
        // What replaces the only way to the object must open it: the binding proves that.
        _ = try await engine.unwrap(fresh, row.identity(key), as: requester, row.bucket)
        return try await replace(row, by: row.encoded(with: fresh))
    }

    private func rewrap(_ row: SealedRow, _ bucketKey: BucketKeyRow) async throws(StoreError) -> Outcome {
        guard options.keyID.map({ $0 == bucketKey.wrapped.keyID }) ?? true else { return .skipped }
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
        let backend = try await keys.backend(of: mode, for: bucket)
        guard backend.id == backendID else {
            throw StoreError(.keyNotFound, "The key is kept by another backend, \(backendID.debugDescription).")
        }
        let call = try keys.context(mode, requester, for: bucket)
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
        let backend = try await keys.backend(of: .kms, for: bucket).backend
        let request = UnwrapRequest(
            encryptionContext: context, context: try keys.context(.kms, requester, for: bucket))
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

extension SealedRow {
    fileprivate func identity(_ key: ObjectKey) -> ObjectBinding.Identity {
        let object: (versionID: [UInt8], uid: [UInt8]) =
            switch content {
            case .object(let row): (row.versionID, row.objectUID)
            case .upload(let row): (row.object.versionID, row.object.objectUID)
            case .bucketKey: preconditionFailure("a Bucket Key is no object's")
            }
        return ObjectBinding.Identity(
            bucketUID: known.row.uid, key: key, versionID: object.versionID, objectUID: object.uid)
    }
}
