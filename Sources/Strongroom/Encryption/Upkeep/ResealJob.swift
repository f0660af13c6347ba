internal import StrongroomCrypto
internal import StrongroomStorage

/// Goes through the versions of one bucket, and has those that are not as its default asks sealed so.
///
/// Rows move between tables while it runs (a version that becomes the newest), so it goes through both until once it
/// has found nothing to do; but once only where every object is to be changed.
struct ResealJob: Sendable {
    let engine: Engine
    let requester: Requester
    let bucket: BucketName
    let options: ResealOptions

    private enum Outcome: Sendable {
        case updated
        case resealed(bytes: UInt64)
        case current
        case gone
        case untouchable(String)
        case failed(String)
    }

    func run(_ progress: (@Sendable (ResealReport) -> Void)?) async throws(StoreError) -> ResealReport {
        try options.check()
        _ = try engine.unlockedKeys()
        let uid = try engine.bucket(bucket).row.uid
        let walk = SealedRowWalk(
            engine: engine, tables: [RowKey.currentTable, RowKey.versionTable], bucketUID: uid)
        if let start = options.after,
            !walk.tables.contains(start.rowKey[0]) || !start.rowKey.dropFirst().starts(with: uid)
        {
            throw StoreError(.invalidArgument, "The cursor is not of a run over this bucket.", bucket: bucket)
        }
        let paces = (objects: Pace(options.ratePerSecond), bytes: Pace(options.bytesPerSecond))
        var report = ResealReport()
        var start = options.after
        while true {
            let before = report.changedCount
            report.beginPass()
            let standard = try await standard()
            report.cursor = try await walk.run(from: start) {
                options.limit.map { report.changedCount < $0 } ?? true
            } visit: { (row) throws(StoreError) in
                let bytes = try await visit(row, standard, in: &report)
                guard let bytes else { return }
                try await paces.objects.wait()
                try await paces.bytes.wait(for: bytes)
            } atPageEnd: {
                progress?(report)
            }
            if report.cursor != nil || options.renewsDataKeys { return report }
            if start == nil, report.changedCount == before { return report }
            start = nil
        }
    }

    /// What the default asks for at present.
    private func standard() async throws(StoreError) -> EncryptionKind {
        try await EncryptionKind(
            try engine.bucket(bucket).row.defaultEncryption, of: bucket, in: engine, as: requester)
    }

    /// - Returns: how many bytes were sealed anew; nil where nothing was changed.
    private func visit(
        _ row: Result<SealedRow, DamagedRow>, _ standard: EncryptionKind, in report: inout ResealReport
    ) async throws(StoreError) -> UInt64? {
        switch row {
        case .failure(let damage):
            report.noteFailure(damage.place, damage.reason)
            return nil
        case .success(let row):
            guard case .object(let object) = row.content, let key = row.key else { return nil }
            switch try await outcome(row, object, key, standard) {
            case .updated:
                report.updatedCount += 1
                return 0
            case .resealed(let bytes):
                report.resealedCount += 1
                report.resealedBytes += bytes
                return bytes
            case .current: report.currentCount += 1
            case .gone: break
            case .untouchable(let reason): report.noteUntouchable(row.place, reason)
            case .failed(let reason): report.noteFailure(row.place, reason)
            }
            return nil
        }
    }

    private func outcome(
        _ row: SealedRow, _ object: ObjectRow, _ key: ObjectKey, _ standard: EncryptionKind
    ) async throws(StoreError) -> Outcome {
        let kind = EncryptionKind(object)
        if kind.isLike(standard), !options.renewsDataKeys || kind.mode == .none { return .current }
        if let reason = untouchable(object, kind, standard) { return .untouchable(reason) }
        do throws(StoreError) {
            if !options.renewsDataKeys, standard.mode == .kms, kind.mode == .s3Managed || kind.mode == .kms {
                return try await update(object, key, standard)
            }
            let isDone = try await VersionReseal(
                engine: engine, requester: requester, row: row, object: object, key: key
            )
            .run(as: standard)
            return isDone ? .resealed(bytes: object.sizeBytes) : .failed("It was changed meanwhile; run again.")
        } catch {
            switch error.code {
            case .noSuchKey, .noSuchVersion: return .gone
            case .cancelled, .closed, .durabilityUnknown, .secretMemoryUnavailable, .diskFull, .noSuchBucket:
                throw error
            default: return .failed(error.message)
            }
        }
    }

    private func untouchable(_ object: ObjectRow, _ kind: EncryptionKind, _ standard: EncryptionKind) -> String? {
        if kind.mode == .customerKey {
            return "It is under a customer key, which only whoever has it can copy."
        }
        if standard.mode == .none, kind.mode != .none {
            return "It is encrypted, and the default asks for no encryption, which is not taken away; copy it."
        }
        do throws(StoreError) {
            try object.lock.checkRemoval(at: engine.lockClock.time, bypassingGovernance: false)
            return nil
        } catch {
            return error.message
        }
    }

    private func update(
        _ object: ObjectRow, _ key: ObjectKey, _ standard: EncryptionKind
    ) async throws(StoreError) -> Outcome {
        var context: [String: String] = [:]
        if case .wrapped(let sealing) = object.sealing { context = sealing.context.dictionary }
        _ = try await EncryptionUpdate(
            engine: engine, requester: requester, bucket: bucket, key: key, version: object.publicVersionID,
            kmsKey: standard.keyID, context: context, bucketKey: standard.usesBucketKey
        ).run()
        return .updated
    }
}
