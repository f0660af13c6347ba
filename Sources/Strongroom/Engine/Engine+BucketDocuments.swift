internal import StrongroomKeys
internal import StrongroomStorage
internal import StrongroomSystem

extension Engine {
    func document(_ kind: BucketDocumentKind, in name: BucketName) async throws(StoreError) -> [UInt8]? {
        let keys = try unlockedKeys()
        let uid = try bucket(name).row.uid
        let document: BucketDocuments.Document
        if let known = bucketDocuments.document(kind, of: uid) {
            document = known
        } else {
            let (found, lsn) = try await documents(of: uid, keys)
            bucketDocuments.note(found, of: uid, lsn: lsn)
            document = found[kind, default: .absent]
        }
        switch document {
        case .absent: return nil
        case .bytes(let bytes): return bytes
        case .damaged: throw StoreError(.damaged, Self.damagedDocument(kind.rawValue), bucket: name)
        }
    }

    func setDocument(
        _ bytes: [UInt8]?, _ kind: BucketDocumentKind, in name: BucketName
    ) async throws(StoreError) -> ChangeReceipt {
        let keys = try unlockedKeys()
        if let bytes, bytes.count > kind.limitBytes {
            throw StoreError(
                .limitExceeded,
                "The document has \(bytes.count) bytes; the limit is \(kind.limitBytes).",
                bucket: name)
        }
        let uid = try bucket(name).row.uid
        let rowKey = RowKey.bucketDocument(uid, kind)
        while true {
            let known = try bucket(name)
            // A bucket that is being deleted gets no rows any more; nor does another one of its name.
            guard known.row.uid == uid, known.row.state == .active else { throw Self.beingDeleted(name) }
            if bytes == nil, try await documentRow(rowKey) == nil { return ChangeReceipt(lsn: nil) }
            var change = RowMutation.Change.delete
            if let bytes {
                change = .put(
                    value: try keys.sealedRows.seal(bytes, rowKey: rowKey, random: random), payload: .none)
            }
            let mutation = RowMutation(key: rowKey, change: change)
            let outcome = try await commit(reads: [RowKey.bucket(name), rowKey]) {
                [timeline] view -> Decision<BucketRefusal> in
                guard view.rows[0]?.value == known.storedValue else { return .refuse(.stale) }
                return keys.noting(.bucketChanged, name, timeline, view, [mutation])
            }
            if let receipt = try Self.receipt(outcome) {
                bucketDocuments.note(bytes.map { .bytes($0) } ?? .absent, kind, of: uid, lsn: receipt.lsn)
                return ChangeReceipt(lsn: receipt.lsn)
            }
            try await refreshBucket(name)
        }
    }

    private func documentRow(_ rowKey: [UInt8]) async throws(StoreError) -> StoredRow? {
        try await readStorage { snapshot throws(StorageError) in try snapshot.row(rowKey) }
    }

    private func documents(
        of uid: [UInt8], _ keys: StoreKeys
    ) async throws(StoreError) -> (found: [BucketDocumentKind: BucketDocuments.Document], lsn: UInt64) {
        let (rows, lsn) = try await documentRows(of: uid)
        let prefixBytes = RowKey.bucketDocuments(uid).count
        var found: [BucketDocumentKind: BucketDocuments.Document] = [:]
        for (key, value) in rows where key.count == prefixBytes + 1 {
            let bytes = try keys.sealedRows.open(value, rowKey: key)
            found[BucketDocumentKind(rawValue: key[prefixBytes])] = bytes.map { .bytes($0) } ?? .damaged
        }
        return (found, lsn)
    }

    private func documentRows(
        of uid: [UInt8]
    ) async throws(StoreError) -> (rows: [(key: [UInt8], value: [UInt8])], lsn: UInt64) {
        let start = RowKey.bucketDocuments(uid)
        return try await readStorage { snapshot throws(StorageError) in
            var rows: [(key: [UInt8], value: [UInt8])] = []
            try snapshot.scan(from: start, to: RowKey.successor(ofPrefix: start)) { key, row in
                rows.append((key, row.value))
                return .next
            }
            return (rows, snapshot.lsn)
        }
    }

    /// Those of all documents of a bucket.
    func documentRowKeys(of uid: [UInt8]) async throws(StoreError) -> [[UInt8]] {
        try await documentRows(of: uid).rows.map(\.key)
    }

    /// Opens every document, whether its bucket is there or not.
    func verifyBucketDocuments(_ report: inout VerificationReport) async throws(StoreError) {
        guard let keys else { return }
        try await forEachRow(in: RowKey.bucketDocumentTable) { (rowKey, value) throws(StoreError) in
            guard try keys.sealedRows.open(value, rowKey: rowKey) == nil else { return }
            let uid = rowKey.dropFirst().prefix(ObjectRow.uidBytes)
            let name = buckets.all.first { $0.bucket.row.uid.elementsEqual(uid) }?.name.rawValue
            report.note(
                "bucket \(name ?? Hexadecimal.encode(Array(uid)))",
                Self.damagedDocument(rowKey.last ?? 0))
        }
    }

    private static func damagedDocument(_ kind: UInt8) -> String {
        "The bucket's document of kind \(kind) is not what was written; set it anew, or restore a backup."
    }
}
