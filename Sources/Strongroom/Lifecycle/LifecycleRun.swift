internal import StrongroomStorage
internal import StrongroomSystem

/// One run over buckets, as far as it has come.
struct LifecycleRun {
    let engine: Engine
    /// What the lock clock said when it began: what no change of the machine's clock moves forward.
    let nowMilliseconds: Int64
    let pace: Pace
    /// How many rows are copied out of one snapshot.
    let pageRows: Int
    let progress: LifecycleJob.Progress?
    var report = LifecycleReport()

    /// They share the commits of a group.
    private static let deletesAtATime = 16

    init(
        engine: Engine, nowMilliseconds: Int64, pace: Pace, pageRows: Int, progress: LifecycleJob.Progress?
    ) {
        self.pageRows = pageRows
        self.engine = engine
        self.nowMilliseconds = nowMilliseconds
        self.pace = pace
        self.progress = progress
    }

    /// A bucket, as long as its rules are these.
    ///
    /// - Returns: false where they are others.
    mutating func visit(
        _ bucket: BucketName, _ known: KnownBucket, _ rules: LifecycleRules
    ) async throws(StoreError) -> Bool {
        let place = Place(bucket: bucket, known: known, rules: rules)
        for prefix in rules.versionPrefixes {
            guard try await visitVersions(prefix, place) else { return false }
        }
        for prefix in rules.uploadPrefixes {
            guard try await visitUploads(prefix, place) else { return false }
        }
        return true
    }

    private struct Place {
        let bucket: BucketName
        let known: KnownBucket
        let rules: LifecycleRules

        func delete(
            _ key: ObjectKey, _ subject: LifecycleDelete.Subject, rowKey: [UInt8], value: [UInt8]
        ) -> LifecycleDelete {
            LifecycleDelete(
                bucket: bucket, key: key, subject: subject, rowKey: rowKey, value: value, rulesRowKey: rules.rowKey,
                rulesValue: rules.value)
        }
    }

    // MARK: Versions

    private mutating func visitVersions(_ prefix: String, _ place: Place) async throws(StoreError) -> Bool {
        var reckoning = LifecycleReckoning(place.rules.configuration, nowMilliseconds: nowMilliseconds)
        // A delete marker that is due if nothing of its key follows.
        var marker: LifecycleDelete?
        var options = VersionListOptions(prefix: prefix, limit: pageRows)
        repeat {
            try checkCancellation()
            let scan = VersionScan(options, bucketUID: place.known.row.uid)
            let (found, rules) = try await engine.readStorage {
                [rowKey = place.rules.rowKey] snapshot throws(StorageError) in
                (try scan.run(snapshot), try snapshot.row(rowKey)?.value)
            }
            guard rules == place.rules.value else { return false }
            var deletes: [LifecycleDelete] = []
            for row in found.rows {
                if let waiting = marker, Array(waiting.key.rawValue.utf8) != row.position.key {
                    deletes.append(waiting)
                }
                marker = nil
                report.examinedCount += 1
                guard let (version, key, versionID) = try version(row, place, &reckoning),
                    let action = reckoning.take(version)
                else { continue }
                switch action {
                case .expire: deletes.append(place.delete(key, .object, rowKey: row.rowKey, value: row.value))
                case .removeMarker:
                    marker = place.delete(key, .version(pointerKey: nil), rowKey: row.rowKey, value: row.value)
                case .removeNoncurrent:
                    let uid = place.known.row.uid
                    let pointerKey =
                        versionID.bytes.map { RowKey.versionPointer(uid, $0) } ?? RowKey.nullPointer(uid, key)
                    deletes.append(
                        place.delete(key, .version(pointerKey: pointerKey), rowKey: row.rowKey, value: row.value))
                }
            }
            options.continuation = found.next.map(VersionContinuation.init(lowerBound:))
            if options.continuation == nil, let waiting = marker { deletes.append(waiting) }
            try await run(deletes)
        } while options.continuation != nil
        return true
    }

    /// What the rules see of a row; nil of one that is damaged, which is noted.
    private mutating func version(
        _ row: VersionScan.Row, _ place: Place, _ reckoning: inout LifecycleReckoning
    ) throws(StoreError) -> (LifecycleReckoning.Version, ObjectKey, VersionID)? {
        do throws(StoreError) {
            guard let key = ObjectKey(storedBytes: row.position.key[...]) else {
                throw StoreError(.damaged, "The row's key is no object key.", bucket: place.bucket)
            }
            return try engine.lifecycleVersion(row, key, place.known, place.bucket, openingTags: place.rules.askForTags)
        } catch {
            guard error.code == .damaged else { throw error }
            reckoning.takeUnknown(row.position.key, isHead: row.position.rank == 0)
            let key = String(decoding: row.position.key, as: UTF8.self)
            report.noteFailure("\(place.bucket)/\(key)".debugDescription, error.message)
            return nil
        }
    }

    // MARK: Uploads

    private mutating func visitUploads(_ prefix: String, _ place: Place) async throws(StoreError) -> Bool {
        let range = RowKey.uploads(place.known.row.uid, prefix: prefix.utf8)
        var start = range
        while true {
            try checkCancellation()
            let (rows, rules) = try await engine.readStorage {
                [pageRows, rowKey = place.rules.rowKey, start] snapshot throws(StorageError) in
                var rows: [(key: [UInt8], value: [UInt8])] = []
                try snapshot.scan(from: start, to: RowKey.successor(ofPrefix: range)) { key, row in
                    rows.append((key, row.value))
                    return rows.count < pageRows ? .next : .stop
                }
                return (rows, try snapshot.row(rowKey)?.value)
            }
            guard rules == place.rules.value else { return false }
            var deletes: [LifecycleDelete] = []
            for (rowKey, value) in rows {
                report.examinedCount += 1
                if let delete = try upload(rowKey, value, place) { deletes.append(delete) }
            }
            try await run(deletes)
            guard rows.count == pageRows, let last = rows.last else { return true }
            start = last.key + [0]
        }
    }

    /// Nil where the upload is not due, or its row is damaged, which is noted.
    private mutating func upload(
        _ rowKey: [UInt8], _ value: [UInt8], _ place: Place
    ) throws(StoreError) -> LifecycleDelete? {
        guard let parsed = RowKey.parseUpload(rowKey), let key = ObjectKey(storedBytes: parsed.key[...]) else {
            report.noteFailure("an upload of bucket \(place.bucket)", "The key of an upload's row cannot be read.")
            return nil
        }
        do throws(StoreError) {
            let row = try engine.uploadRow(value, rowKey: rowKey, key, in: place.known, place.bucket)
            let due = place.rules.uploadDueMilliseconds(
                key: parsed.key, begunMilliseconds: row.object.lastModifiedMilliseconds)
            guard let due, due <= nowMilliseconds else { return nil }
            return place.delete(key, .upload(UploadID(bytes: parsed.uploadID)), rowKey: rowKey, value: value)
        } catch {
            guard error.code == .damaged else { throw error }
            report.noteFailure("an upload of \("\(place.bucket)/\(key)".debugDescription)", error.message)
            return nil
        }
    }

    // MARK: Deletes

    private mutating func run(_ deletes: [LifecycleDelete]) async throws(StoreError) {
        var rest = deletes[...]
        while !rest.isEmpty {
            try checkCancellation()
            let some = rest.prefix(Self.deletesAtATime)
            rest = rest.dropFirst(Self.deletesAtATime)
            var failure: StoreError?
            for (delete, result) in await outcomes(of: some) {
                switch result {
                case .success(let outcome): report.note(outcome, delete)
                // What is done is counted all the same.
                case .failure(let error): failure = failure ?? error
                }
            }
            if let failure { throw failure }
            try await pace.wait(for: UInt64(some.count))
        }
        progress?(report)
    }

    private typealias Done = (delete: LifecycleDelete, result: Result<LifecycleDelete.Outcome, StoreError>)

    private func outcomes(of deletes: ArraySlice<LifecycleDelete>) async -> [Done] {
        await withTaskGroup(of: Done.self) { [engine] group in
            for delete in deletes {
                group.addTask { () async -> Done in
                    do throws(StoreError) {
                        return (delete, .success(try await delete.run(in: engine)))
                    } catch {
                        return (delete, .failure(error))
                    }
                }
            }
            var outcomes: [Done] = []
            for await outcome in group { outcomes.append(outcome) }
            return outcomes
        }
    }

    private func checkCancellation() throws(StoreError) {
        guard !Task.isCancelled else {
            throw StoreError(.cancelled, "The work was cancelled; what is done is done.")
        }
    }
}

extension LifecycleReport {
    fileprivate mutating func note(_ outcome: LifecycleDelete.Outcome, _ delete: LifecycleDelete) {
        switch outcome {
        case .expired: expiredCount += 1
        case .hidden: hiddenCount += 1
        case .removedVersion: removedVersionCount += 1
        case .removedMarker: removedMarkerCount += 1
        case .abortedUpload: abortedUploadCount += 1
        case .locked: lockedCount += 1
        case .changed: changedCount += 1
        case .failed(let reason): noteFailure(delete.place, reason)
        }
    }
}
