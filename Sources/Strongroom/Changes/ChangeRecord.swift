internal import StrongroomStorage

/// A change as a commit records it, without its place.
struct ChangeRecord: Equatable, Sendable {
    var kind: Change.Kind
    var bucket: BucketName
    var key: ObjectKey?
    var versionID: VersionID?
}

/// The object that a part of a commit concerns.
struct ChangeSubject: Sendable {
    var bucket: BucketName
    var key: ObjectKey
}

extension RowWrite {
    /// What `mutations` change, as users see it: versions that come, go or differ. Rows that merely move are no change.
    ///
    /// - Parameter view: what the mutations were decided from; it shows every row that they replace.
    func changes(_ mutations: [RowMutation], _ view: View) -> [ChangeRecord] {
        guard let subject else { return [] }
        var before: [(rowKey: [UInt8], version: VersionLabel)] = []
        var after: [(rowKey: [UInt8], version: VersionLabel)] = []
        for mutation in mutations {
            guard let table = mutation.key.first, RowKey.versionTables.contains(table) else { continue }
            if let position = reads.firstIndex(of: mutation.key), let old = view.rows[position],
                let version = VersionLabel(old.value)
            {
                before.append((mutation.key, version))
            }
            if case .put(let value, _) = mutation.change, let version = VersionLabel(value) {
                after.append((mutation.key, version))
            }
        }
        var records: [ChangeRecord] = []
        func record(_ kind: Change.Kind, _ version: VersionLabel) {
            records.append(
                ChangeRecord(kind: kind, bucket: subject.bucket, key: subject.key, versionID: version.publicID))
        }
        for (rowKey, version) in after {
            if version.lsn == view.lsn {
                record(version.isDeleteMarker ? .deleteMarkerCreated : .objectStored, version)
            } else if before.contains(where: { $0.rowKey == rowKey && $0.version.id == version.id }) {
                record(.attributesChanged, version)
            }
        }
        let fresh = after.filter { $0.version.lsn == view.lsn }
        for (rowKey, version) in before where !after.contains(where: { $0.version.id == version.id }) {
            // A key has one null version, and a row is one version's: the new one says that the old one is gone.
            let isReplaced = fresh.contains { $0.rowKey == rowKey || $0.version.isNull && version.isNull }
            if !isReplaced { record(.versionRemoved, version) }
        }
        return records
    }
}

/// What the fixed fields at the beginning of a version's row say. Looked at without checking the row's MAC: whoever
/// decides has done so, but for rows that are replaced or deleted where no versions are kept, which may be damaged.
private struct VersionLabel {
    let id: ArraySlice<UInt8>
    let lsn: UInt64
    let isNull: Bool
    let isDeleteMarker: Bool

    /// Nil where the bytes are no version's.
    init?(_ value: [UInt8]) {
        guard let first = value.first, [ObjectRow.formatVersion, DeleteMarkerRow.formatVersion].contains(first),
            value.count >= ObjectRow.lsnOffset + 8
        else { return nil }
        isDeleteMarker = first == DeleteMarkerRow.formatVersion
        id = value[ObjectRow.versionIDOffset..<ObjectRow.versionIDOffset + ObjectRow.uidBytes]
        lsn = (0..<8).reduce(0) { $0 | UInt64(value[ObjectRow.lsnOffset + $1]) << (8 * UInt64($1)) }
        isNull = !ObjectRow.namesVersion(value)
    }

    var publicID: VersionID { isNull ? .null : VersionID(bytes: Array(id)) }
}
