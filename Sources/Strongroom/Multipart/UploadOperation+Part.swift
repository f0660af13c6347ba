internal import StrongroomCrypto
internal import StrongroomStorage
internal import StrongroomSystem

extension UploadOperation {
    func put<Body: AsyncSequence>(
        _ number: Int, _ body: Body, lengthBytes: UInt64?, expectedChecksums: [ObjectChecksum], expectedMD5: [UInt8]?
    ) async throws(StoreError) -> PartInfo where Body.Element == ArraySlice<UInt8> {
        _ = try engine.unlockedKeys()
        guard MultipartLimits.numbers.contains(number) else {
            throw StoreError(
                .invalidArgument, "A part's number is 1 to \(MultipartLimits.numbers.upperBound), not \(number).",
                bucket: bucket, key: key)
        }
        if let lengthBytes, lengthBytes > MultipartLimits.partMaximumBytes { throw tooLarge }
        let found = try await find()
        let object = found.row.object
        try checkAllowed(found)
        let dataKey = try await openKey(of: found)
        // Drawn for each attempt: two attempts never share a stream's key.
        let partUID = engine.random.bytes(ObjectRow.uidBytes)
        var sealer = try PayloadSealer(part: partUID, of: object, dataKey, key: key, in: found.bucket, engine)
        var source = try BodySource(
            body, announcedBytes: lengthBytes,
            PutOptions(
                checksums: Set(found.row.checksums.map { ObjectChecksum.Algorithm(algorithm: $0.algorithm) }),
                expectedChecksums: expectedChecksums, expectedMD5: expectedMD5,
                etag: found.row.wantsMD5 ? .md5 : .opaque))
        let stored = try await engine.store(
            &source, through: &sealer, limitBytes: MultipartLimits.partMaximumBytes, place, partUID: partUID)
        do throws(StoreError) {
            let info = try await commit(number, stored, sealer, found)
            stored.blob?.leave()
            return info
        } catch {
            if error.code == .durabilityUnknown { stored.blob?.leave() } else { await stored.blob?.abort() }
            throw error
        }
    }

    private var tooLarge: StoreError {
        StoreError(.entityTooLarge, "A part has at most 5 GiB. Nothing was stored.", bucket: bucket, key: key)
    }

    /// - Throws: `noSuchUpload` where it is not the upload any more that the part was sealed for.
    private func commit(
        _ number: Int, _ stored: StoredBody, _ sealer: PayloadSealer, _ first: FoundUpload
    ) async throws(StoreError) -> PartInfo {
        var found = first
        while true {
            if let info = try await tryCommit(number, stored, sealer, found) { return info }
            // Its row was wrapped anew meanwhile; what the part is sealed under is the same.
            found = try await find()
            guard found.objectUID == first.objectUID else { throw noSuchUpload }
        }
    }

    /// Nil where the upload's row is not as it was found.
    private func tryCommit(
        _ number: Int, _ stored: StoredBody, _ sealer: PayloadSealer, _ found: FoundUpload
    ) async throws(StoreError) -> PartInfo? {
        let rowKey = RowKey.part(found.bucket.row.uid, of: found.objectUID, number: number)
        let keys = sealer.bucketKeys
        let (row, attributes) = try partRow(number, stored, sealer, found)
        let write = RowWrite(
            reads: [found.rowKey, rowKey], payload: stored.payload, attachments: stored.attachments
        ) { [noSuchUpload] (view) throws(RowWrite.Refusal) in
            guard let upload = view.rows[0] else { throw .failed(noSuchUpload) }
            guard upload.value == found.value else { throw .staleRows }
            return [
                RowMutation(
                    key: rowKey,
                    change: .put(
                        value: try keys.refusingFault(
                            row.committed(view.lsn, view.timeMilliseconds).encodedWithoutMAC(), rowKey: rowKey),
                        payload: stored.payload))
            ]
        }
        switch try await engine.commit([write]) {
        case .committed(let receipt):
            // Nothing may fail from here on: the row names the payload.
            return PartInfo(
                number: number, etag: attributes.etag, sizeBytes: row.sizeBytes, checksums: attributes.checksums,
                lastModified: .init(storeMilliseconds: receipt.timeMilliseconds), lsn: receipt.lsn)
        case .refused(.failed(let error)): throw error.about(bucket, key)
        case .refused: return nil
        }
    }

    private func partRow(
        _ number: Int, _ stored: StoredBody, _ sealer: PayloadSealer, _ found: FoundUpload
    ) throws(StoreError) -> (row: PartRow, attributes: ObjectAttributes) {
        do throws(SealError) {
            let attributes = ObjectAttributes(
                etag: try sealer.makeETag(found.row.wantsMD5 ? stored.digests.md5 : nil, uid: stored.partUID),
                contentType: nil, metadata: [:], checksums: stored.digests.checksums)
            return (try sealer.partRow(number, stored, attributes), attributes)
        } catch {
            throw StoreError(error, bucket: bucket, key: key)
        }
    }
}

extension PartRow {
    fileprivate func committed(_ lsn: UInt64, _ timeMilliseconds: Int64) -> PartRow {
        var row = self
        row.lsn = lsn
        row.lastModifiedMilliseconds = timeMilliseconds
        return row
    }
}
