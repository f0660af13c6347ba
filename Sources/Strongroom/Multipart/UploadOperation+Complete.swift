internal import Logging
internal import StrongroomCrypto
internal import StrongroomKeys
internal import StrongroomStorage
internal import StrongroomSystem

extension UploadOperation {
    func complete(
        _ list: [CompletedPart], if condition: WriteCondition?, _ checks: CompletionChecks
    ) async throws(StoreError) -> PutReceipt {
        _ = try engine.unlockedKeys()
        while true {
            let (found, parts, _) = try await findWithParts()
            guard found.bucket.row.state == .active else { throw Engine.beingDeleted(bucket) }
            try checkAllowed(found)
            if found.row.object.hidesChecksums, announcesChecksums(list, checks) { try await proveKey(of: found) }
            let chosen = try choose(list, from: parts, in: found.bucket)
            // A retention that has ended meanwhile is no reason to lose the upload.
            let lock = try PutLock.resolve(found.row.object.lock, in: found.bucket, named: bucket)
            let draft = try makeDraft(chosen.map { ($0.part, $0.info) }, found).locked(lock)
            try check(draft, checks)
            let write = try await write(draft, parts, keeping: Set(chosen.map(\.part.number)), found, condition)
            switch try await engine.commit([write]) {
            case .committed(let receipt):
                await dropStragglers(found, keeping: Set(chosen.map(\.part.number)))
                var told = draft.receipt(receipt)
                // Nobody has shown a key, so nothing is told that follows from the plaintext.
                if found.row.object.hidesChecksums { told.checksums = [] }
                return told
            case .refused(.failed(let error)): throw error.about(bucket, key)
            case .refused(.stalePlan): try await engine.refreshBucket(bucket)
            case .refused: continue
            }
        }
    }

    private func announcesChecksums(_ list: [CompletedPart], _ checks: CompletionChecks) -> Bool {
        !checks.checksums.isEmpty || list.contains { !$0.expectedChecksums.isEmpty }
    }

    /// Whether a checksum is the right one follows from the plaintext: a refusal leaves the upload in place, so that
    /// whoever had no key could try guesses on it, one after the other.
    ///
    /// - Throws: `invalidRequest`, in the same words whatever of a customer's key is missing; as the key service fails
    ///   or denies.
    private func proveKey(of found: FoundUpload) async throws(StoreError) {
        do throws(StoreError) {
            _ = try await openKey(of: found)
        } catch {
            guard found.row.object.isUnderCustomerKey,
                error.code == .invalidRequest || error.code == .accessDenied
            else { throw error }
            throw refusal(
                .invalidRequest,
                "Checksums are compared only for whoever can open the upload's key; present it, or announce none.")
        }
    }

    /// Parts with numbers of their own that were committed between the look and the completion. None comes after it;
    /// they are no part of the object, and what is not removed here goes with it.
    private func dropStragglers(_ found: FoundUpload, keeping kept: Set<Int>) async {
        do throws(StoreError) {
            let late = try await engine.partRows(of: found.objectUID, in: found.bucket, place).rows
                .filter { !kept.contains($0.number) }.map(\.rowKey)
            guard !late.isEmpty else { return }
            _ = try await engine.commit(reads: late) { _ -> Decision<Never> in
                .commit(late.map { RowMutation(key: $0, change: .delete) })
            }
        } catch {
            engine.logger.warning("Parts not removed", metadata: ["bucket": "\(bucket)", "error": "\(error)"])
        }
    }

    /// The parts that are meant, held against what is there.
    private func choose(
        _ list: [CompletedPart], from parts: [Part], in known: KnownBucket
    ) throws(StoreError) -> [(part: Part, info: PartInfo)] {
        guard !list.isEmpty else { throw refusal(.invalidPart, "The list of parts is empty; name at least one.") }
        var byNumber: [Int: Part] = [:]
        for part in parts { byNumber[part.number] = part }
        var chosen: [(part: Part, info: PartInfo)] = []
        var totalBytes: UInt64 = 0
        for wanted in list {
            if let last = chosen.last, last.part.number >= wanted.number {
                throw refusal(.invalidPartOrder, "Part \(wanted.number) does not come after \(last.part.number).")
            }
            guard let part = byNumber[wanted.number] else {
                throw refusal(.invalidPart, "Part \(wanted.number) was not uploaded.")
            }
            let info = try info(part.number, part.row, in: known)
            guard info.etag == wanted.etag else {
                throw refusal(.invalidPart, "Part \(wanted.number) has another ETag than the one named.")
            }
            for checksum in wanted.expectedChecksums {
                try check(checksum, among: info.checksums, part: wanted.number)
            }
            if let last = chosen.last, last.part.row.sizeBytes < UInt64(engine.settings.partMinimumBytes) {
                throw refusal(
                    .entityTooSmall,
                    "Part \(last.part.number) has \(last.part.row.sizeBytes) bytes; all but the last have at least "
                        + "\(engine.settings.partMinimumBytes).")
            }
            totalBytes += info.sizeBytes
            chosen.append((part, info))
        }
        guard totalBytes <= PutOperation.objectLimitBytes else {
            throw refusal(.entityTooLarge, "The object would have \(totalBytes) bytes; 50 TiB are the most.")
        }
        return chosen
    }

    private func check(_ draft: ObjectDraft, _ checks: CompletionChecks) throws(StoreError) {
        for checksum in checks.checksums { try check(checksum, among: draft.checksums) }
        guard let sizeBytes = checks.sizeBytes, sizeBytes != draft.row.sizeBytes else { return }
        throw refusal(
            .invalidRequest, "The object would have \(draft.row.sizeBytes) bytes, and \(sizeBytes) were announced.",
            .objectSize(announced: sizeBytes, found: draft.row.sizeBytes))
    }

    private func check(
        _ wanted: ObjectChecksum, among checksums: [ObjectChecksum], part number: Int? = nil
    ) throws(StoreError) {
        let whose = number.map { "part \($0)" } ?? "the object"
        let name = "\(wanted.algorithm)"
        guard let found = checksums.first(where: { $0.algorithm == wanted.algorithm }) else {
            throw refusal(
                .invalidRequest, "The upload keeps no \(wanted.algorithm) checksum, and one of \(whose) came.")
        }
        guard found == wanted else {
            throw refusal(
                .badDigest, "The \(name) of \(whose) is not the one announced.",
                number.map { .partDigest(number: $0, name) } ?? .objectDigest(name))
        }
    }

    private func refusal(
        _ code: StoreError.Code, _ message: String, _ reason: RefusalReason? = nil
    ) -> StoreError {
        StoreError(code, message + " The upload is as it was.", bucket: bucket, key: key, underlying: reason)
    }

    private func makeDraft(
        _ parts: [(part: Part, info: PartInfo)], _ found: FoundUpload
    ) throws(StoreError) -> ObjectDraft {
        var row = found.row.object
        var attributes = try engine.attributes(row.attributes, of: row.objectUID, in: found.bucket, place)
        let keys = try engine.bucketKeys(found.bucket)
        attributes.checksums = try checksums(parts.map(\.info), found.row)
        do throws(SealError) {
            let table = try PartTable(parts.map { ($0.part.number, $0.part.row) })
            attributes.etag = try Self.etag(parts.map(\.info), table, found.row)
            row.lsn = 0
            row.lastModifiedMilliseconds = 0
            row.sizeBytes = parts.reduce(0) { $0 + $1.part.row.sizeBytes }
            row.storedBytes = parts.reduce(0) { $0 + $1.part.row.storedBytes }
            row.parts = table
            row.isNullVersion = found.bucket.row.versioning != .enabled
            row.attributes = try keys.seal(attributes, objectUID: row.objectUID, random: engine.random)
            return ObjectDraft(
                row: row, etag: attributes.etag, checksums: attributes.checksums, bucketKeys: keys)
        } catch {
            throw StoreError(error, bucket: bucket, key: key)
        }
    }

    private func checksums(_ parts: [PartInfo], _ upload: UploadRow) throws(StoreError) -> [ObjectChecksum] {
        do throws(StoreError) {
            var checksums: [ObjectChecksum] = []
            for wanted in upload.checksums { checksums.append(try wanted.ofObject(parts)) }
            return checksums
        } catch {
            throw error.about(bucket, key)
        }
    }

    /// The MD5 of the parts' MD5s where the upload asked for that, else a hash that changes with every upload; both end
    /// in the number of parts, as in S3.
    private static func etag(
        _ parts: [PartInfo], _ table: PartTable, _ upload: UploadRow
    ) throws(SealError) -> String {
        if upload.wantsMD5 {
            return try MultipartETag(partMD5s: parts.map { Hexadecimal.decode($0.etag) ?? [] }).text
        }
        let fields = CanonicalFields.etag(objectUID: upload.object.objectUID, commitment: table.hash)
        // Safe: a UInt8 is raw bytes.
        let hash = try Digest.hash(.sha256, unsafe fields.span.bytes).prefix(16)
        return Hexadecimal.encode(hash) + "-\(parts.count)"
    }

    private func write(
        _ draft: ObjectDraft, _ parts: [Part], keeping kept: Set<Int>, _ found: FoundUpload,
        _ condition: WriteCondition?
    ) async throws(StoreError) -> RowWrite {
        let stack = try await engine.stack(key, in: found.bucket, bucket)
        let precondition = try await WritePrecondition.resolve(condition, key, in: found.bucket, bucket, engine)
        let rowKey = RowKey.current(found.bucket.row.uid, key)
        let fixed = [RowKey.bucket(bucket), found.rowKey]
        let firstPart = fixed.count + stack.reads.count
        return RowWrite(
            subject: ChangeSubject(bucket: bucket, key: key), reads: fixed + stack.reads + parts.map(\.rowKey)
        ) {
            [key, bucket, noSuchUpload] (view) throws(RowWrite.Refusal) in
            guard view.rows[0]?.value == found.bucket.storedValue else { throw .stalePlan }
            guard let upload = view.rows[1] else { throw .failed(noSuchUpload) }
            // Its wrap may have been made anew.
            guard upload.value == found.value else { throw .staleRows }
            let heads = view.rows[fixed.count..<firstPart]
            try precondition.check(heads.first ?? nil, key, bucket)
            // Attempts that came since the list was checked.
            for (part, row) in zip(parts, view.rows[firstPart...]) where row?.value != part.value {
                throw .staleRows
            }
            let value: [UInt8]
            do throws(StoreError) {
                value = try draft.row(
                    lsn: view.lsn, timeMilliseconds: view.timeMilliseconds, stack.lockTime, rowKey: rowKey)
            } catch {
                throw .failed(error)
            }
            var mutations = try stack.replaceHead(
                by: .object(value: value, .none), rows: heads, firstRead: fixed.count)
            mutations.append(RowMutation(key: found.rowKey, change: .delete))
            for part in parts where !kept.contains(part.number) {
                mutations.append(RowMutation(key: part.rowKey, change: .delete))
            }
            return mutations
        }
    }
}
