internal import StrongroomStorage
internal import StrongroomSystem

/// A version's row, found and pinned.
struct FoundVersion: Sendable {
    var rowKey: [UInt8]
    var pinned: any PinnedRow
    var isDeleteMarker: Bool { pinned.row.value.first == DeleteMarkerRow.formatVersion }
}

extension Engine {
    /// The row of the newest version that is an object, or of the version named.
    ///
    /// - Throws: `noSuchKey`; `noSuchVersion`; `methodNotAllowed` where the version is a delete marker.
    func find(
        _ key: ObjectKey, _ version: VersionID?, in bucket: KnownBucket, _ name: BucketName
    ) async throws(StoreError) -> FoundVersion {
        let uid = bucket.row.uid
        guard let version else {
            let rowKey = RowKey.current(uid, key)
            guard let pinned = try await pinned(rowKey, key, name) else { throw Self.noSuchKey(key, name) }
            return FoundVersion(rowKey: rowKey, pinned: pinned)
        }
        guard let found = try await findAny(key, version, in: bucket, name) else {
            throw Self.noSuchVersion(key, name)
        }
        guard !found.isDeleteMarker else {
            throw StoreError(
                .methodNotAllowed, "That version is a delete marker; it can only be deleted.", bucket: name, key: key)
        }
        return found
    }

    static func noSuchVersion(_ key: ObjectKey, _ name: BucketName) -> StoreError {
        StoreError(.noSuchVersion, "There is no such version under that key.", bucket: name, key: key)
    }

    /// The row of a version, delete markers included; nil where there is none.
    private func findAny(
        _ key: ObjectKey, _ version: VersionID, in bucket: KnownBucket, _ name: BucketName
    ) async throws(StoreError) -> FoundVersion? {
        let uid = bucket.row.uid
        // Several looks, each at one row: a version that moves between two of them is found by the next round,
        // for it moves only when the head changes.
        while true {
            let heads = [RowKey.current(uid, key), RowKey.marker(uid, key)]
            var before: [[UInt8]?] = []
            // A head that cannot be read is not the version meant, as far as anybody can tell; the others are there.
            var damage: StoreError?
            for rowKey in heads {
                let pinned = try await pinned(rowKey, key, name)
                before.append(pinned?.row.value)
                guard let pinned else { continue }
                do throws(StoreError) {
                    if try identity(of: pinned.row.value).isNamed(version) {
                        return FoundVersion(rowKey: rowKey, pinned: pinned)
                    }
                } catch {
                    damage = error.about(name, key)
                }
            }
            if let lsn = try await pointedLSN(key, version, uid, name) {
                let rowKey = RowKey.version(uid, key, lsn: lsn)
                if let pinned = try await pinned(rowKey, key, name),
                    try identity(of: pinned.row.value).isNamed(version)
                {
                    return FoundVersion(rowKey: rowKey, pinned: pinned)
                }
            }
            var after: [[UInt8]?] = []
            for rowKey in heads { after.append(try await pinned(rowKey, key, name)?.row.value) }
            guard before == after else { continue }
            if let damage { throw damage }
            return nil
        }
    }

    func pointedLSN(
        _ key: ObjectKey, _ version: VersionID, _ uid: [UInt8], _ name: BucketName
    ) async throws(StoreError) -> UInt64? {
        let pointerKey = version.bytes.map { RowKey.versionPointer(uid, $0) } ?? RowKey.nullPointer(uid, key)
        guard let pointer = try await pinned(pointerKey, key, name) else { return nil }
        guard let lsn = VersionPointer(decoding: pointer.row.value)?.lsn else {
            throw StoreError(.damaged, "The row that leads to the version cannot be read.", bucket: name, key: key)
        }
        return lsn
    }

    /// Which version a row says it is; whoever uses the row checks its MAC.
    func identity(of value: [UInt8]) throws(StoreError) -> VersionIdentity {
        do throws(FieldReader.Malformed) {
            if value.first == DeleteMarkerRow.formatVersion {
                let row = try DeleteMarkerRow(decoding: value)
                return VersionIdentity(versionID: row.versionID, isNull: row.isNullVersion)
            }
            let row = try ObjectRow(decoding: value)
            return VersionIdentity(versionID: row.versionID, isNull: row.isNullVersion)
        } catch {
            throw StoreError(.damaged, "The object's row cannot be read: \(error.reason).")
        }
    }

    /// Rows for `VersionStack.archivedNullLSN`: one look, which the commit holds against what it sees.
    func stack(
        _ key: ObjectKey, in bucket: KnownBucket, _ name: BucketName
    ) async throws(StoreError) -> VersionStack {
        var stack = VersionStack(
            bucketUID: bucket.row.uid, key: key, versioning: bucket.row.versioning,
            hasObjectLock: bucket.row.objectLock != nil, lockTime: lockClock.time, keys: try bucketKeys(bucket))
        if stack.versioning == .suspended {
            stack.archivedNullLSN = try await pointedLSN(key, .null, bucket.row.uid, name)
        }
        return stack
    }

    /// What the removal of a version has to see; nil where there is no such version.
    func removal(
        of version: VersionID, _ key: ObjectKey, in bucket: KnownBucket, _ name: BucketName
    ) async throws(StoreError) -> VersionStack.Removal? {
        guard let found = try await findAny(key, version, in: bucket, name) else { return nil }
        let value = found.pinned.row.value
        var removal = VersionStack.Removal(rowKey: found.rowKey, value: value)
        if RowKey.parseVersion(found.rowKey) != nil {
            removal.pointerKey =
                version.bytes.map { RowKey.versionPointer(bucket.row.uid, $0) }
                ?? RowKey.nullPointer(bucket.row.uid, key)
        } else {
            let start = RowKey.versions(bucket.row.uid, of: key)
            removal.next = try await readStorage { snapshot throws(StorageError) in
                var next: (rowKey: [UInt8], value: [UInt8])?
                try snapshot.scan(from: start, to: RowKey.successor(ofPrefix: start)) { rowKey, row in
                    next = (rowKey, row.value)
                    return .stop
                }
                return next
            }
        }
        return removal
    }
}

struct VersionIdentity {
    var versionID: [UInt8]
    var isNull: Bool

    func isNamed(_ version: VersionID) -> Bool {
        isNull ? version == .null : version.bytes == versionID
    }
}
