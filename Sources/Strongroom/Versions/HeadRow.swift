internal import StrongroomStorage

/// A version's row as a commit sees it: an object's or a delete marker's, authenticated, and not opened.
struct HeadRow: Sendable {
    let versionID: [UInt8]
    let lsn: UInt64
    let isNullVersion: Bool
    let isDeleteMarker: Bool
    let lock: ObjectLock
    /// Of an object in parts, whose payloads other rows own.
    let partedUID: [UInt8]?
    private let storedValue: [UInt8]

    /// Checks the MAC first: a row that is moved gets a new one, which must not make a forged row genuine.
    ///
    /// - Throws: `failed` with `damaged`.
    init(_ stored: StoredRow, rowKey: [UInt8], _ keys: BucketKeys) throws(RowWrite.Refusal) {
        do {
            guard try keys.isAuthentic(stored.value, rowKey: rowKey) else {
                throw StoreError(
                    .damaged, "The object's row is not what was written: it was altered, or belongs to another object.")
            }
            if stored.value.first == DeleteMarkerRow.formatVersion {
                let row = try DeleteMarkerRow(decoding: stored.value)
                (versionID, lsn, isNullVersion, isDeleteMarker) = (row.versionID, row.lsn, row.isNullVersion, true)
                (lock, partedUID) = (.none, nil)
            } else {
                let row = try ObjectRow(decoding: stored.value)
                (versionID, lsn, isNullVersion, isDeleteMarker) = (row.versionID, row.lsn, row.isNullVersion, false)
                (lock, partedUID) = (row.lock, row.parts == nil ? nil : row.objectUID)
            }
            storedValue = stored.value
        } catch let error as StoreError {
            throw .failed(error)
        } catch let error as FieldReader.Malformed {
            throw .failed(StoreError(.damaged, "The object's row cannot be read: \(error.reason)."))
        } catch {
            throw .failed(StoreError(.damaged, "The object's row cannot be read: \(error)."))
        }
    }

    /// - Throws: `failed` with `accessDenied` while the version is locked.
    func checkRemoval(at time: LockTime, bypassingGovernance: Bool = false) throws(RowWrite.Refusal) {
        do throws(StoreError) {
            try lock.checkRemoval(at: time, bypassingGovernance: bypassingGovernance)
        } catch {
            throw .failed(error)
        }
    }

    /// The row's value under another row key: names of rows are part of what their MACs cover.
    func value(movedTo rowKey: [UInt8], _ keys: BucketKeys) throws(RowWrite.Refusal) -> [UInt8] {
        try keys.refusingFault(Array(storedValue.dropLast(ObjectRow.macBytes)), rowKey: rowKey)
    }
}
