internal import StrongroomStorage
internal import StrongroomSystem

/// A place in the order of versions: by key, and within a key the head first, then from the newest on.
struct VersionPosition: Hashable, Sendable, Comparable {
    var key: [UInt8]
    /// 0 for the head; else the complement of the LSN, which no version has as 0.
    var rank: UInt64

    static func < (left: VersionPosition, right: VersionPosition) -> Bool {
        if left.key == right.key { return left.rank < right.rank }
        return left.key.lexicographicallyPrecedes(right.key)
    }
}

/// Collects one page of versions from a snapshot: the three tables that hold versions are read as far as the
/// page could need them, and merged.
struct VersionScan: Sendable {
    struct Row: Sendable {
        var position: VersionPosition
        var rowKey: [UInt8]
        var value: [UInt8]
    }

    struct Found: Sendable {
        var rows: [Row] = []
        var commonPrefixes: [[UInt8]] = []
        var next: VersionPosition?
        var lsn: UInt64
    }

    private enum Entry {
        case row(Row)
        case common([UInt8])

        var position: VersionPosition {
            switch self {
            case .row(let row): row.position
            case .common(let prefix): VersionPosition(key: prefix, rank: 0)
            }
        }
    }

    private let bucketUID: [UInt8]
    private let rollup: KeyRollup
    private let lowerBound: VersionPosition
    private let limit: Int

    init(_ options: VersionListOptions, bucketUID: [UInt8]) {
        self.bucketUID = bucketUID
        rollup = KeyRollup(prefix: options.prefix, delimiter: options.delimiter)
        limit = options.limit
        let afterStart = options.startAfter.map { VersionPosition(key: Array($0.utf8) + [0], rank: 0) }
        let start = options.continuation?.lowerBound ?? afterStart ?? VersionPosition(key: [], rank: 0)
        lowerBound = max(start, VersionPosition(key: rollup.prefix, rank: 0))
    }

    func run(_ snapshot: any MetadataSnapshot) throws(StorageError) -> Found {
        var entries: [Entry] = []
        for table in [RowKey.currentTable, RowKey.markerTable, RowKey.versionTable] {
            entries += try scan(table, snapshot)
        }
        entries.sort { $0.position < $1.position }
        var found = Found(lsn: snapshot.lsn)
        for entry in entries {
            // Each table names a common prefix for itself.
            if case .common(let prefix) = entry, found.commonPrefixes.last == prefix { continue }
            guard found.rows.count + found.commonPrefixes.count < limit else {
                found.next = entry.position
                break
            }
            switch entry {
            case .row(let row): found.rows.append(row)
            case .common(let prefix): found.commonPrefixes.append(prefix)
            }
        }
        return found
    }

    /// One table's first entries, one more than fit a page: more than that no page shows.
    private func scan(_ table: UInt8, _ snapshot: any MetadataSnapshot) throws(StorageError) -> [Entry] {
        var entries: [Entry] = []
        try snapshot.scan(from: start(in: table), to: RowKey.successor(ofPrefix: range(table, rollup.prefix))) {
            rowKey, row throws(StorageError) in
            guard entries.count <= limit else { return .stop }
            guard let position = Self.position(of: rowKey) else {
                // Shown as damaged, where it stands.
                let key = Array(rowKey.dropFirst(RowKey.prefixBytes))
                entries.append(
                    .row(Row(position: VersionPosition(key: key, rank: .max), rowKey: rowKey, value: row.value)))
                return .next
            }
            guard !isOnPageBefore(position, row) else { return .next }
            guard let common = rollup.commonPrefix(of: position.key[...]) else {
                entries.append(.row(Row(position: position, rowKey: rowKey, value: row.value)))
                return .next
            }
            entries.append(.common(common))
            guard let after = RowKey.successor(ofPrefix: range(table, common)) else { return .stop }
            return .seek(after)
        }
        return entries
    }

    /// A page that begins within a key's versions begins after its head; unless the head was among the versions that
    /// are still to come, and has become the newest by the removal of those above it.
    private func isOnPageBefore(_ position: VersionPosition, _ row: StoredRow) -> Bool {
        guard lowerBound.rank > 0, position.rank == 0, position.key == lowerBound.key else { return false }
        let lsn = (try? DeleteMarkerRow(decoding: row.value))?.lsn ?? (try? ObjectRow(decoding: row.value))?.lsn
        return lsn.map { ~$0 < lowerBound.rank } ?? true
    }

    private func start(in table: UInt8) -> [UInt8] {
        guard lowerBound.rank > 0, table == RowKey.versionTable else { return range(table, lowerBound.key) }
        var start = RowKey.versions(bucketUID, prefix: lowerBound.key) + RowKey.keyEnd
        for shift in stride(from: 56, through: 0, by: -8) {
            start.append(UInt8(truncatingIfNeeded: lowerBound.rank >> shift))
        }
        return start
    }

    /// All rows of `table` whose object keys begin with `prefix`.
    private func range(_ table: UInt8, _ prefix: [UInt8]) -> [UInt8] {
        table == RowKey.versionTable ? RowKey.versions(bucketUID, prefix: prefix) : [table] + bucketUID + prefix
    }

    private static func position(of rowKey: [UInt8]) -> VersionPosition? {
        guard rowKey.first == RowKey.versionTable else {
            return VersionPosition(key: Array(rowKey.dropFirst(RowKey.prefixBytes)), rank: 0)
        }
        return RowKey.parseVersion(rowKey).map { VersionPosition(key: $0.key, rank: ~$0.lsn) }
    }
}

extension Engine {
    /// One page, from one snapshot; rows are opened after it.
    func listVersions(_ options: VersionListOptions, in name: BucketName) async throws(StoreError) -> VersionPage {
        _ = try unlockedKeys()
        let bucket = try bucket(name)
        let scan = VersionScan(options, bucketUID: bucket.row.uid)
        let found = try await readStorage { snapshot throws(StorageError) in try scan.run(snapshot) }
        var page = VersionPage(
            entries: [], commonPrefixes: found.commonPrefixes.map { String(decoding: $0, as: UTF8.self) }, damaged: [],
            continuation: found.next.map(VersionContinuation.init(lowerBound:)), lsn: found.lsn)
        page.entries.reserveCapacity(found.rows.count)
        for row in found.rows {
            do throws(StoreError) {
                guard let key = ObjectKey(storedBytes: row.position.key) else {
                    throw StoreError(.damaged, "The row's key is no object key.", bucket: name)
                }
                page.entries.append(try entry(row, key, in: bucket, name))
            } catch  where error.code == .damaged {
                let key = String(decoding: row.position.key, as: UTF8.self)
                page.damaged.append(DamagedObject(bucket: name, key: key, reason: error.message))
            }
        }
        return page
    }

    private func entry(
        _ row: VersionScan.Row, _ key: ObjectKey, in bucket: KnownBucket, _ name: BucketName
    ) throws(StoreError) -> VersionEntry {
        let isLatest = row.position.rank == 0
        guard row.value.first == DeleteMarkerRow.formatVersion else {
            return .object(try opened(row.value, rowKey: row.rowKey, key, in: bucket, name).info, isLatest: isLatest)
        }
        guard try bucketKeys(bucket).isAuthentic(row.value, rowKey: row.rowKey) else {
            throw StoreError(
                .damaged, "The delete marker's row is not what was written: it was altered.", bucket: name, key: key)
        }
        do throws(FieldReader.Malformed) {
            let marker = try DeleteMarkerRow(decoding: row.value)
            return .deleteMarker(
                DeleteMarkerInfo(
                    key: key, versionID: marker.isNullVersion ? .null : VersionID(bytes: marker.versionID),
                    lastModified: .init(storeMilliseconds: marker.createdMilliseconds), lsn: marker.lsn),
                isLatest: isLatest)
        } catch {
            throw StoreError(
                .damaged, "The delete marker's row cannot be read: \(error.reason).", bucket: name, key: key)
        }
    }
}
