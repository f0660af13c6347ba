internal import StrongroomStorage

/// Looks for whoever may not be told what there is: as many of them, and at rows of the same tables, where a version is
/// there and where it is not. How long an answer took says nothing then that its words do not.
extension Engine {
    /// The same as `tagging(of:_:in:)`, for more looks.
    func taggingByEvenLooks(
        of key: ObjectKey, _ version: VersionID?, in name: BucketName
    ) async throws(StoreError) -> ObjectTagging {
        // One look in any case.
        guard let version else { return try await tagging(of: key, nil, in: name) }
        let bucket = try bucket(name)
        guard let found = try await findByEvenLooks(key, version, in: bucket, name) else {
            throw Self.noSuchVersion(key, name)
        }
        let opened = try opened(found.pinned.row.value, rowKey: found.rowKey, key, in: bucket, name)
        return ObjectTagging(tags: opened.tags, versionID: opened.info.versionID, lsn: opened.info.lsn)
    }

    /// Nil where there is no such version, and where it is a delete marker, which has no tags.
    private func findByEvenLooks(
        _ key: ObjectKey, _ version: VersionID, in bucket: KnownBucket, _ name: BucketName
    ) async throws(StoreError) -> FoundVersion? {
        let uid = bucket.row.uid
        let heads = [RowKey.current(uid, key), RowKey.marker(uid, key)]
        while true {
            var found: [FoundVersion] = []
            var (before, after): ([[UInt8]?], [[UInt8]?]) = ([], [])
            for rowKey in heads {
                let pinned = try await pinned(rowKey, key, name)
                before.append(pinned?.row.value)
                if let pinned { found.append(FoundVersion(rowKey: rowKey, pinned: pinned)) }
            }
            // Where nothing leads to it there is none at position 0 either.
            let rowKey = RowKey.version(uid, key, lsn: try await pointedLSN(key, version, uid, name) ?? 0)
            if let pinned = try await pinned(rowKey, key, name) {
                found.append(FoundVersion(rowKey: rowKey, pinned: pinned))
            }
            for rowKey in heads { after.append(try await pinned(rowKey, key, name)?.row.value) }
            // A version moves only when the head changes.
            guard before == after else { continue }
            return try named(version, among: found).flatMap { $0.isDeleteMarker ? nil : $0 }
        }
    }

    /// - Throws: `damaged` where none is, and one that cannot be read may be.
    private func named(_ version: VersionID, among found: [FoundVersion]) throws(StoreError) -> FoundVersion? {
        var damage: StoreError?
        for candidate in found {
            do throws(StoreError) {
                if try identity(of: candidate.pinned.row.value).isNamed(version) { return candidate }
            } catch {
                damage = error
            }
        }
        if let damage { throw damage }
        return nil
    }
}
