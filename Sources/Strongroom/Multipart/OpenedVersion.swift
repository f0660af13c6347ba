internal import StrongroomStorage

/// A version's row, authenticated, with which a read begins. Its parts, if it is in parts, stay as long as this does.
struct OpenedVersion: Sendable {
    var rowKey: [UInt8]
    var pinned: any PinnedRow
    var opened: OpenedRow
    /// Nil for an object in one piece.
    var partPin: PartPin?

    var value: [UInt8] { pinned.row.value }
}

extension Engine {
    /// - Throws: as ``find(_:_:in:_:)``; `damaged`.
    func findPinningParts(
        _ key: ObjectKey, _ version: VersionID?, in bucket: KnownBucket, _ name: BucketName
    ) async throws(StoreError) -> OpenedVersion {
        while true {
            let found = try await find(key, version, in: bucket, name)
            let opened = try opened(found.pinned.row.value, rowKey: found.rowKey, key, in: bucket, name)
            guard opened.row.parts != nil else {
                return OpenedVersion(rowKey: found.rowKey, pinned: found.pinned, opened: opened)
            }
            // Pinned before it is certain that the row is still there: then its parts are, too.
            let pin = PartPin(opened.row.objectUID, of: self)
            if try await pinned(found.rowKey, key, name)?.row.value == found.pinned.row.value {
                return OpenedVersion(rowKey: found.rowKey, pinned: found.pinned, opened: opened, partPin: pin)
            }
        }
    }

    /// Nil for an object in one piece.
    func parts(
        of version: OpenedVersion, in bucket: KnownBucket, _ place: ObjectPlace
    ) async throws(StoreError) -> [ObjectPart]? {
        guard let table = version.opened.row.parts else { return nil }
        return try await objectParts(version.opened.row, table, in: bucket, place)
    }
}
