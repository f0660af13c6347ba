internal import StrongroomKeys
internal import StrongroomStorage
internal import StrongroomSystem

/// A row that holds a wrapped key, authenticated: an object's version, an upload, a Bucket Key.
struct SealedRow: Sendable {
    enum Content: Sendable {
        case object(ObjectRow)
        case upload(UploadRow)
        case bucketKey(BucketKeyRow)
    }

    let rowKey: [UInt8]
    let value: [UInt8]
    let bucket: BucketName
    let known: KnownBucket
    /// Nil for a Bucket Key.
    let key: ObjectKey?
    let content: Content

    /// How the row's data key is kept; nil for what has none, and for Bucket Keys.
    var sealing: ObjectRow.WrappedSealing? {
        switch content {
        case .object(let row): if case .wrapped(let sealing) = row.sealing { sealing } else { nil }
        case .upload(let row): if case .wrapped(let sealing) = row.object.sealing { sealing } else { nil }
        case .bucketKey: nil
        }
    }

    /// The row with another wrap, without its MAC.
    func encoded(with sealing: ObjectRow.WrappedSealing) -> [UInt8] {
        switch content {
        case .object(var row):
            row.sealing = .wrapped(sealing)
            return row.encodedWithoutMAC()
        case .upload(var row):
            row.object.sealing = .wrapped(sealing)
            return row.encodedWithoutMAC()
        case .bucketKey: preconditionFailure("a Bucket Key's row has no data key")
        }
    }

    /// For reports.
    var place: String {
        switch content {
        case .object(let row):
            "\(bucket)/\(key?.rawValue ?? "")".debugDescription
                + (row.isNullVersion ? "" : " version \(row.publicVersionID)")
        case .upload: "an upload of \("\(bucket)/\(key?.rawValue ?? "")".debugDescription)"
        case .bucketKey: "a Bucket Key of \(bucket)"
        }
    }
}

extension SealedRow {
    /// What the row's wrap is bound to; not for a Bucket Key.
    func identity(_ key: ObjectKey) -> ObjectBinding.Identity {
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

/// A row that should be one and is not: its own damage, which `verify` reports, too.
struct DamagedRow: Error, Sendable {
    var rowKey: [UInt8]
    var bucket: BucketName
    var place: String
    var reason: String
}

extension Engine {
    /// The tables with wrapped keys, in the order in which they are gone through.
    static let sealedTables = [
        RowKey.bucketKeyTable, RowKey.uploadTable, RowKey.currentTable, RowKey.versionTable,
    ]

    /// The same row as it is now; nil where it is gone, or cannot be trusted any more.
    func renewed(_ row: SealedRow) async throws(StoreError) -> SealedRow? {
        let stored = try await readStorage { snapshot throws(StorageError) in try snapshot.row(row.rowKey) }
        guard let value = stored?.value, value.first != DeleteMarkerRow.formatVersion else { return nil }
        return try? sealedRow(row.rowKey, value, row.bucket, row.known).get()
    }

    /// The next rows of one table; those of delete markers are left out.
    ///
    /// - Parameter bucketUID: of one bucket; nil for all of them.
    func sealedRows(
        after rowKey: [UInt8], in bucketUID: [UInt8]? = nil, limit: Int
    ) async throws(StoreError) -> (rows: [Result<SealedRow, DamagedRow>], last: [UInt8]?) {
        let end = bucketUID.map { RowKey.successor(ofPrefix: [rowKey[0]] + $0) } ?? [rowKey[0] + 1]
        let found = try await readStorage { snapshot throws(StorageError) in
            var found: [(key: [UInt8], value: [UInt8])] = []
            try snapshot.scan(from: rowKey + [0], to: end) { key, row in
                found.append((key, row.value))
                return found.count < limit ? .next : .stop
            }
            return found
        }
        var names: [[UInt8]: (name: BucketName, bucket: KnownBucket)] = [:]
        for (name, bucket) in buckets.all { names[bucket.row.uid] = (name, bucket) }
        var rows: [Result<SealedRow, DamagedRow>] = []
        for (key, value) in found {
            // What a bucket that is being deleted leaves behind is nobody's any more.
            guard key.count >= RowKey.prefixBytes, let (name, known) = names[Array(key[1..<RowKey.prefixBytes])],
                value.first != DeleteMarkerRow.formatVersion
            else { continue }
            rows.append(try sealedRow(key, value, name, known))
        }
        return (rows, found.count == limit ? found.last?.key : nil)
    }

    private func sealedRow(
        _ rowKey: [UInt8], _ value: [UInt8], _ name: BucketName, _ known: KnownBucket
    ) throws(StoreError) -> Result<SealedRow, DamagedRow> {
        let keyBytes: [UInt8]? =
            switch rowKey[0] {
            case RowKey.uploadTable: RowKey.parseUpload(rowKey)?.key
            case RowKey.versionTable: RowKey.parseVersion(rowKey)?.key
            default: Array(rowKey.dropFirst(RowKey.prefixBytes))
            }
        let key = rowKey[0] == RowKey.bucketKeyTable ? nil : keyBytes.flatMap { ObjectKey(storedBytes: $0[...]) }
        let place = "\(name)/\(key?.rawValue ?? "")".debugDescription
        guard try bucketKeys(known).isAuthentic(value, rowKey: rowKey) else {
            return .failure(
                DamagedRow(rowKey: rowKey, bucket: name, place: place, reason: "The row is not what was written."))
        }
        do throws(FieldReader.Malformed) {
            let content: SealedRow.Content =
                switch rowKey[0] {
                case RowKey.bucketKeyTable: .bucketKey(try BucketKeyRow(decoding: value))
                case RowKey.uploadTable: .upload(try UploadRow(decoding: value))
                default: .object(try ObjectRow(decoding: value))
                }
            return .success(
                SealedRow(rowKey: rowKey, value: value, bucket: name, known: known, key: key, content: content))
        } catch {
            return .failure(
                DamagedRow(
                    rowKey: rowKey, bucket: name, place: place, reason: "The row cannot be read: \(error.reason)."))
        }
    }
}
