internal import StrongroomStorage

/// The versions of one key, as the rows of a commit show them, and what puts and deletes make of them.
///
/// Pure: it names the rows it must see and returns mutations. The newest version is the *head*, in table
/// 0x04 (an object) or 0x0A (a delete marker); all others are in table 0x03, found by pointer rows.
struct VersionStack: Sendable {
    /// What becomes the newest version.
    enum Head: Sendable {
        case object(value: [UInt8], PayloadSource)
        case marker(value: [UInt8])
        /// The object goes and nothing comes: a delete where no versions are kept.
        case nothing
    }

    let bucketUID: [UInt8]
    let key: ObjectKey
    let versioning: Versioning
    let hasObjectLock: Bool
    let lockTime: LockTime
    let keys: BucketKeys
    /// The null version in table 0x03, where there is one: known from a look before the commit, which the
    /// commit holds against the pointer row. Of interest only while versioning is suspended.
    var archivedNullLSN: UInt64?

    private var currentKey: [UInt8] { RowKey.current(bucketUID, key) }
    private var markerKey: [UInt8] { RowKey.marker(bucketUID, key) }
    private var nullPointerKey: [UInt8] { RowKey.nullPointer(bucketUID, key) }

    /// The rows that `replaceHead` looks at, the current object first.
    var reads: [[UInt8]] {
        switch versioning {
        case .unversioned: [currentKey]
        case .enabled: [currentKey, markerKey]
        case .suspended:
            [currentKey, markerKey, nullPointerKey]
                + (archivedNullLSN.map { [RowKey.version(bucketUID, key, lsn: $0)] } ?? [])
        }
    }

    /// Puts a new version on top: what was there is kept or replaced as the bucket's versioning says.
    ///
    /// - Parameters:
    ///   - rows: those of `reads`.
    ///   - firstRead: the position of `reads` among the commit's.
    func replaceHead(
        by head: Head, rows: ArraySlice<StoredRow?>, firstRead: Int
    ) throws(RowWrite.Refusal) -> [RowMutation] {
        let rows = Array(rows)
        var mutations: [RowMutation] = []
        if versioning == .unversioned {
            if let replaced = rows[0] { try checkNotLocked(replaced, rowKey: currentKey) }
            mutations += try abandonedParts(rows[0], rowKey: currentKey)
        } else {
            mutations += try retire(rows, firstRead: firstRead)
        }
        switch head {
        case .object(let value, let payload):
            mutations.append(RowMutation(key: currentKey, change: .put(value: value, payload: payload)))
            if versioning != .unversioned, rows[1] != nil {
                mutations.append(RowMutation(key: markerKey, change: .delete))
            }
        case .marker(let value):
            mutations.append(RowMutation(key: markerKey, change: .put(value: value, payload: .none)))
            if rows[0] != nil { mutations.append(RowMutation(key: currentKey, change: .delete)) }
        case .nothing:
            if rows[0] != nil { mutations.append(RowMutation(key: currentKey, change: .delete)) }
        }
        return mutations
    }

    /// What happens to the head that was: the null version is replaced while versioning is suspended, every
    /// other version goes to table 0x03.
    private func retire(
        _ rows: [StoredRow?], firstRead: Int
    ) throws(RowWrite.Refusal) -> [RowMutation] {
        var mutations: [RowMutation] = []
        if let index = rows[0] != nil ? 0 : rows[1] != nil ? 1 : nil, let stored = rows[index] {
            let old = try HeadRow(stored, rowKey: reads[index], keys)
            if versioning == .enabled || !old.isNullVersion {
                mutations += try archive(old, read: firstRead + index)
            } else {
                try old.checkRemoval(at: lockTime)
                mutations += abandonedParts(old)
            }
        }
        guard versioning == .suspended else { return mutations }
        let pointed = rows[2].flatMap { VersionPointer(decoding: $0.value) }?.lsn
        guard pointed == archivedNullLSN else { throw .staleRows }
        if let archivedNullLSN {
            let rowKey = RowKey.version(bucketUID, key, lsn: archivedNullLSN)
            mutations.append(RowMutation(key: nullPointerKey, change: .delete))
            // A pointer that leads to nothing is damage, and goes.
            guard let replaced = rows[3] else { return mutations }
            // It proves nothing: what it leads to goes only if it says itself that it is what is meant.
            let old = try HeadRow(replaced, rowKey: rowKey, keys)
            guard old.isNullVersion else {
                throw .failed(StoreError(.damaged, "The row that leads to the null version leads elsewhere."))
            }
            try old.checkRemoval(at: lockTime)
            mutations.append(RowMutation(key: rowKey, change: .delete))
            mutations += abandonedParts(old)
        }
        return mutations
    }

    /// An object that goes leaves its parts behind, for the reaper: there may be ten thousand of them. Such an
    /// object's row has no payload, and no other object's row is without.
    private func abandonedParts(_ stored: StoredRow?, rowKey: [UInt8]) throws(RowWrite.Refusal) -> [RowMutation] {
        guard let stored, stored.payload == .none else { return [] }
        return abandonedParts(try HeadRow(stored, rowKey: rowKey, keys))
    }

    private func abandonedParts(_ row: HeadRow) -> [RowMutation] {
        guard let uid = row.partedUID else { return [] }
        return [
            RowMutation(
                key: RowKey.abandonedParts(bucketUID, of: uid), change: .put(value: [1], payload: .none))
        ]
    }

    private func archive(_ old: HeadRow, read: Int) throws(RowWrite.Refusal) -> [RowMutation] {
        let rowKey = RowKey.version(bucketUID, key, lsn: old.lsn)
        let value = try old.value(movedTo: rowKey, keys)
        return [
            RowMutation(
                key: rowKey, change: .put(value: value, payload: old.isDeleteMarker ? .none : .sameAs(read: read))),
            RowMutation(
                key: pointerKey(old), change: .put(value: VersionPointer(lsn: old.lsn).encoded(), payload: .none)),
        ]
    }

    /// Buckets with object lock keep every version, so nothing that is replaced is locked. It is looked at all the
    /// same: an older row of the bucket, put in place below the store, must not open what its objects' rows lock.
    private func checkNotLocked(_ replaced: StoredRow, rowKey: [UInt8]) throws(RowWrite.Refusal) {
        guard ObjectRow.namesLock(replaced.value) else { return }
        try HeadRow(replaced, rowKey: rowKey, keys).checkRemoval(at: lockTime)
    }

    private func pointerKey(_ version: HeadRow) -> [UInt8] {
        version.isNullVersion ? nullPointerKey : RowKey.versionPointer(bucketUID, version.versionID)
    }
}

// MARK: Removing one version for good

extension VersionStack {
    /// Which version goes, and what else the commit must see for that. Made from one look at the rows.
    struct Removal: Sendable {
        /// Its row as it was.
        var rowKey: [UInt8]
        var value: [UInt8]
        var bypassingGovernance = false
        /// For a version in table 0x03.
        var pointerKey: [UInt8]?
        /// For a head: the newest version in table 0x03, which becomes the head.
        var next: (rowKey: [UInt8], value: [UInt8])?

        var reads: [[UInt8]] { [rowKey] + (next.map { [$0.rowKey] } ?? []) }
    }

    /// - Parameters:
    ///   - rows: those of `removal.reads`.
    ///   - firstRead: the position of those among the commit's.
    func remove(
        _ removal: Removal, rows: ArraySlice<StoredRow?>, firstRead: Int
    ) throws(RowWrite.Refusal) -> [RowMutation] {
        let rows = Array(rows)
        // As long as the head's row stands unchanged, no version was put under it or taken from there; and the
        // one that follows it is the one that was found.
        guard let removed = rows[0], removed.value == removal.value else { throw .staleRows }
        // Where nothing can be locked, also a row that is damaged may go.
        if hasObjectLock || ObjectRow.namesLock(removed.value) {
            try HeadRow(removed, rowKey: removal.rowKey, keys)
                .checkRemoval(at: lockTime, bypassingGovernance: removal.bypassingGovernance)
        }
        var mutations = [RowMutation(key: removal.rowKey, change: .delete)]
        mutations += try abandonedParts(rows[0], rowKey: removal.rowKey)
        if let pointerKey = removal.pointerKey { mutations.append(RowMutation(key: pointerKey, change: .delete)) }
        guard let next = removal.next else { return mutations }
        guard let stored = rows[1], stored.value == next.value else { throw .staleRows }
        let promoted = try HeadRow(stored, rowKey: next.rowKey, keys)
        let headKey = promoted.isDeleteMarker ? markerKey : currentKey
        let value = try promoted.value(movedTo: headKey, keys)
        mutations.removeAll { $0.key == headKey }
        mutations.append(
            RowMutation(
                key: headKey,
                change: .put(value: value, payload: promoted.isDeleteMarker ? .none : .sameAs(read: firstRead + 1))))
        mutations.append(RowMutation(key: next.rowKey, change: .delete))
        mutations.append(RowMutation(key: pointerKey(promoted), change: .delete))
        return mutations
    }
}
