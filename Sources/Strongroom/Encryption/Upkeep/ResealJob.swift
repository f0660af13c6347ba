internal import StrongroomCrypto
internal import StrongroomStorage
internal import StrongroomSystem

/// Goes through the versions of one bucket, and has those that are not as its default asks sealed so.
///
/// It concerns what was there when it began: what is put meanwhile is as its put asked, and would keep the job going
/// for ever. Rows move between tables while it runs, so the newest versions are looked at before and after the old
/// ones, and all again until once nothing was to do.
struct ResealJob: Sendable {
    let engine: Engine
    let requester: Requester
    let bucket: BucketName
    let options: ResealOptions

    private enum Outcome: Sendable {
        case updated
        case resealed(bytes: UInt64)
        case current
        /// Deleted, or moved to where it is met again.
        case gone
        case untouchable(String)
        case failed(String)
    }

    /// The bucket's default, and what it comes to.
    private struct Standard: Sendable {
        var setting: DefaultEncryption
        var kind: EncryptionKind
    }

    /// How often a version is tried that others change meanwhile.
    private static let attempts = 5
    private static let tables = [RowKey.currentTable, RowKey.versionTable]

    func run(_ progress: (@Sendable (ResealReport) -> Void)?) async throws(StoreError) -> ResealReport {
        try options.check()
        guard requester.customerKey == nil else {
            throw StoreError(
                .invalidRequest, "Objects under a customer key are not resealed; call it on a handle without one.",
                bucket: bucket)
        }
        _ = try engine.unlockedKeys()
        let uid = try engine.bucket(bucket).row.uid
        if let start = options.after,
            !Self.tables.contains(start.rowKey[0]) || !start.rowKey.dropFirst().starts(with: uid)
        {
            throw StoreError(.invalidArgument, "The cursor is not of a run over this bucket.", bucket: bucket)
        }
        let lastLSN = try await engine.readStorage { snapshot throws(StorageError) in snapshot.lsn }
        var report = ResealReport()
        var standard = try await standard(of: uid)
        var start = options.after
        if options.renewsDataKeys {
            // Once: a second look cannot tell what has a new key already.
            let walk = SealedRowWalk(engine: engine, tables: Self.tables, bucketUID: uid)
            try await pass(walk, from: &start, lastLSN, renewing: true, &standard, &report, progress)
            guard report.cursor == nil, isBelowLimit(report) else { return report }
        }
        let renewed = options.renewsDataKeys ? report : nil
        let walk = SealedRowWalk(engine: engine, tables: Self.tables, bucketUID: uid)
        let again = SealedRowWalk(engine: engine, tables: [RowKey.currentTable], bucketUID: uid)
        while true {
            let before = report.changedCount
            let isWhole = start == nil
            report.beginPass()
            try await pass(walk, from: &start, lastLSN, renewing: false, &standard, &report, progress)
            if report.cursor == nil {
                try await pass(
                    again, from: &start, lastLSN, renewing: false, &standard, &report, progress, isSecond: true)
            }
            if let renewed { report.addFindings(of: renewed) }
            if report.cursor != nil || isWhole && report.changedCount == before { return report }
            guard isBelowLimit(report) else {
                report.cursor = walk.beginning
                return report
            }
        }
    }

    private func isBelowLimit(_ report: ResealReport) -> Bool {
        options.limit.map { report.changedCount < $0 } ?? true
    }

    private func pass(
        _ walk: SealedRowWalk, from start: inout UpkeepCursor?, _ lastLSN: UInt64, renewing renews: Bool,
        _ standard: inout Standard, _ report: inout ResealReport, _ progress: (@Sendable (ResealReport) -> Void)?,
        isSecond: Bool = false
    ) async throws(StoreError) {
        let paces = (objects: Pace(options.ratePerSecond), bytes: Pace(options.bytesPerSecond))
        report.cursor = try await walk.run(from: start ?? walk.beginning) {
            isBelowLimit(report)
        } visit: { (row) throws(StoreError) in
            let before = report
            try await refresh(&standard, walk.bucketUID ?? [])
            try await visit(row, lastLSN, standard, renewing: renews, in: &report)
            if isSecond { report.keepCounts(of: before) }
            guard report.changedCount != before.changedCount || report.failureCount != before.failureCount else {
                return
            }
            try await paces.objects.wait()
            try await paces.bytes.wait(for: report.resealedBytes - before.resealedBytes)
        } atPageEnd: { place in
            var soFar = report
            soFar.cursor = place
            progress?(soFar)
        }
        start = nil
    }

    // MARK: The default

    /// - Throws: `noSuchBucket`; what the key service says where the key is not to be had.
    private func standard(of uid: [UInt8]) async throws(StoreError) -> Standard {
        let row = try engine.bucket(bucket).row
        guard row.uid == uid else {
            throw StoreError(.noSuchBucket, "The bucket was deleted, and another one has its name.", bucket: bucket)
        }
        try engine.unlockedKeys().checkAvailable(row.defaultEncryption.mode, for: bucket)
        let kind = try await EncryptionKind(row.defaultEncryption, of: bucket, in: engine, as: requester)
        if let reason = kind.unusable { throw StoreError(.keyDisabled, reason, bucket: bucket) }
        return Standard(setting: row.defaultEncryption, kind: kind)
    }

    /// It may be changed at any time, and then that counts.
    private func refresh(_ standard: inout Standard, _ uid: [UInt8]) async throws(StoreError) {
        let row = try engine.bucket(bucket).row
        guard row.defaultEncryption != standard.setting || row.uid != uid else { return }
        standard = try await self.standard(of: uid)
    }

    // MARK: One version

    private func visit(
        _ row: Result<SealedRow, DamagedRow>, _ lastLSN: UInt64, _ standard: Standard, renewing renews: Bool,
        in report: inout ResealReport
    ) async throws(StoreError) {
        guard case .success(let row) = row else {
            if case .failure(let damage) = row { report.noteFailure(damage.place, damage.reason) }
            return
        }
        guard case .object(let object) = row.content, object.lsn <= lastLSN else { return }
        switch try await outcome(row, standard, renewing: renews) {
        case .updated: report.updatedCount += 1
        case .resealed(let bytes):
            report.resealedCount += 1
            report.resealedBytes += bytes
        case .current: report.currentCount += 1
        case .gone: break
        case .untouchable(let reason): report.noteUntouchable(row.place, reason)
        case .failed(let reason): report.noteFailure(row.place, reason)
        }
    }

    private func outcome(
        _ row: SealedRow, _ standard: Standard, renewing renews: Bool
    ) async throws(StoreError) -> Outcome {
        do throws(StoreError) {
            var row = row
            for _ in 0..<Self.attempts {
                if let outcome = try await attempt(row, standard, renewing: renews) { return outcome }
                guard let renewed = try await engine.renewed(row), renewed.isSameVersion(as: row) else { return .gone }
                row = renewed
            }
            return .failed("It was changed again and again meanwhile; run again.")
        } catch {
            // Without its bucket there is nothing more to do, where a job over all buckets goes on.
            guard !error.endsUpkeep, error.code != .noSuchBucket else { throw error }
            return .failed(error.message)
        }
    }

    /// Nil where the row has changed meanwhile.
    private func attempt(
        _ row: SealedRow, _ standard: Standard, renewing renews: Bool
    ) async throws(StoreError) -> Outcome? {
        guard case .object(let object) = row.content, let key = row.key else { return .gone }
        let kind = EncryptionKind(object)
        if kind.isLike(standard.kind), !renews || kind.mode == .none { return .current }
        if let reason = untouchable(object, kind, standard.kind) { return .untouchable(reason) }
        let isUpdated = !renews && standard.kind.mode == .kms && (kind.mode == .s3Managed || kind.mode == .kms)
        let changed: ObjectRow?
        if isUpdated {
            changed = try await update(row, object, key, standard.kind)
        } else {
            changed = try await VersionReseal(engine: engine, requester: requester, row: row, object: object, key: key)
                .run(as: standard.kind, under: standard.setting)
        }
        guard let changed else { return nil }
        guard EncryptionKind(changed).isLike(standard.kind) else {
            // Done again and again it would never come to an end.
            return .failed("The key service seals under another key than the one that it describes.")
        }
        return isUpdated ? .updated : .resealed(bytes: object.sizeBytes)
    }

    private func untouchable(_ object: ObjectRow, _ kind: EncryptionKind, _ standard: EncryptionKind) -> String? {
        if kind.mode == .customerKey {
            return "It is under a customer key, which only whoever has it can copy."
        }
        if kind.isStricter(than: standard), standard.mode == .none || !options.allowsLesserModes {
            return "It is better protected than the default asks; copy it, or allow lesser modes (never none)."
        }
        do throws(StoreError) {
            try object.lock.checkRemoval(at: engine.lockClock.time, bypassingGovernance: false)
            return nil
        } catch {
            return error.message
        }
    }

    private func update(
        _ row: SealedRow, _ object: ObjectRow, _ key: ObjectKey, _ standard: EncryptionKind
    ) async throws(StoreError) -> ObjectRow? {
        var context: [String: String] = [:]
        if case .wrapped(let sealing) = object.sealing { context = sealing.context.dictionary }
        let update = EncryptionUpdate(
            engine: engine, requester: requester, bucket: bucket, key: key, version: object.publicVersionID,
            kmsKey: standard.keyID, context: context, bucketKey: standard.usesBucketKey)
        return try await update.update(row.value, rowKey: row.rowKey, in: row.known)?.row
    }
}

extension SealedRow {
    fileprivate func isSameVersion(as other: SealedRow) -> Bool {
        guard case .object(let own) = content, case .object(let others) = other.content else { return false }
        return own.versionID == others.versionID
    }
}

extension ResealReport {
    /// At a second look, which meets little that was not met before, and notes that once.
    fileprivate mutating func keepCounts(of before: ResealReport) {
        currentCount = before.currentCount
        (unlistedUntouchableCount, unlistedFailureCount) = (
            before.unlistedUntouchableCount, before.unlistedFailureCount
        )
    }

    fileprivate var failureCount: UInt64 { UInt64(failures.count) + unlistedFailureCount }
}
