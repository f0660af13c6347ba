internal import StrongroomStorage

/// A condition of a write as the committer can decide it: without opening anything that is sealed.
enum WritePrecondition: Sendable {
    case none
    case absent
    case present
    /// The object's row is this one, whose ETag was found to match.
    case unchanged([UInt8])

    /// Looks the ETag up where the condition names one.
    ///
    /// - Throws: `preconditionFailed`, `noSuchKey`.
    static func resolve(
        _ condition: WriteCondition?, _ key: ObjectKey, in bucket: KnownBucket, _ name: BucketName, _ engine: Engine
    ) async throws(StoreError) -> WritePrecondition {
        switch condition {
        case nil: return .none
        case .absent: return .absent
        case .present: return .present
        case .matches(let etag):
            let rowKey = RowKey.current(bucket.row.uid, key)
            guard let pinned = try await engine.pinned(rowKey, key, name) else { throw Engine.noSuchKey(key, name) }
            let info = try engine.opened(pinned.row.value, rowKey: rowKey, key, in: bucket, name).info
            guard info.etag == etag else { throw failed("The object has another ETag.", key, name) }
            return .unchanged(pinned.row.value)
        }
    }

    /// - Parameter current: the row of the newest version, where that is an object.
    func check(_ current: StoredRow?, _ key: ObjectKey, _ name: BucketName) throws(RowWrite.Refusal) {
        switch self {
        case .none: break
        case .absent:
            if current != nil { throw .failed(Self.failed("There is an object under that key.", key, name)) }
        case .present:
            if current == nil { throw .failed(Engine.noSuchKey(key, name)) }
        case .unchanged(let value):
            // It may still match: tags could have changed.
            if current?.value != value { throw .staleRows }
        }
    }

    private static func failed(_ what: String, _ key: ObjectKey, _ name: BucketName) -> StoreError {
        StoreError(.preconditionFailed, what + " Nothing was done.", bucket: name, key: key)
    }
}
