extension Bucket {
    /// Everything about the object under `key` but its bytes.
    ///
    /// No key service is asked: of an object under SSE-KMS the checksums, which follow from its bytes, are told by
    /// ``get(_:version:range:if:)`` alone. An object under a customer key is told of to whoever presents that.
    ///
    /// - Parameters:
    ///   - key: the object's key.
    ///   - version: which version; by default the newest.
    ///   - conditions: what must be true of the object.
    /// - Throws: ``StoreError/Code/noSuchKey``, ``StoreError/Code/noSuchVersion``,
    ///   ``StoreError/Code/methodNotAllowed`` where the version is a delete marker,
    ///   ``StoreError/Code/preconditionFailed``, ``StoreError/Code/notModified``, ``StoreError/Code/damaged``;
    ///   ``StoreError/Code/invalidRequest`` where the object is under a customer key and none is presented, or is under
    ///   none and one is; ``StoreError/Code/accessDenied`` for another customer key than the object's.
    public func head(
        _ key: ObjectKey, version: VersionID? = nil, if conditions: ReadConditions = ReadConditions()
    ) async throws(StoreError) -> ObjectInfo {
        try await engine.observing(.head, name) { () async throws(StoreError) in
            try await engine.head(key, version, in: name, if: conditions, as: requester)
        }
    }

    /// The object under `key`: what is true of it at once, its bytes as they are asked for.
    ///
    /// Each slice was verified before it is handed out. Bytes are read only as far as the range needs.
    /// What is returned stays readable, and the same, when the object is overwritten or deleted.
    ///
    /// - Parameters:
    ///   - key: the object's key.
    ///   - version: which version; by default the newest.
    ///   - range: plaintext bytes; by default all. What lies beyond the end of the object is left out.
    ///   - conditions: what must be true of the object.
    /// - Throws: as ``head(_:version:if:)``, and ``StoreError/Code/invalidRange`` where the range begins
    ///   at or after the end of the object.
    public func get(
        _ key: ObjectKey, version: VersionID? = nil, range: Range<UInt64>? = nil,
        if conditions: ReadConditions = ReadConditions()
    ) async throws(StoreError) -> ObjectBody {
        try await body(of: key, version, range.map(BodySelection.range) ?? .whole, if: conditions)
    }

    func body(
        of key: ObjectKey, _ version: VersionID?, _ selection: BodySelection, if conditions: ReadConditions
    ) async throws(StoreError) -> ObjectBody {
        let body = try await engine.observing(.get, name) { () async throws(StoreError) in
            try await engine.get(key, version, in: name, selection, if: conditions, as: requester)
        }
        engine.metrics.noteRead(body.lengthBytes)
        return body
    }

    /// Deletes the object under `key`; no error where there is none, as in S3.
    ///
    /// Where the bucket keeps versions, the object stays as an older version and a delete marker hides it. With
    /// `version` that version goes for good, and the one before it becomes the newest.
    ///
    /// Returns when the delete would survive power loss.
    ///
    /// - Parameters:
    ///   - key: the object's key.
    ///   - version: a version to delete for good, delete markers included.
    ///   - condition: what must be true of the newest object; not together with `version`.
    ///   - bypassingGovernance: whether to delete a version whose retention in governance mode has not ended. For
    ///     buckets with object lock.
    /// - Throws: ``StoreError/Code/preconditionFailed``, ``StoreError/Code/noSuchKey`` where the condition asks for an
    ///   object and there is none; ``StoreError/Code/accessDenied`` while object lock protects the version.
    @discardableResult
    public func delete(
        _ key: ObjectKey, version: VersionID? = nil, if condition: WriteCondition? = nil,
        bypassingGovernance: Bool = false
    ) async throws(StoreError) -> DeleteReceipt {
        if bypassingGovernance, try engine.bucket(name).row.objectLock == nil {
            throw StoreError(
                .invalidArgument, "The bucket has no object lock, so there is no governance to bypass; leave it out.",
                bucket: name, key: key)
        }
        let delete = DeleteOperation(engine: engine, bucket: name, key: key)
        return try await engine.observing(.delete, name) { () async throws(StoreError) in
            guard let version else { return try await delete.run(if: condition) }
            guard condition == nil else {
                throw StoreError(
                    .invalidArgument, "A condition is about the newest object, and a version was named; leave one out.",
                    bucket: name, key: key)
            }
            return try await delete.run(version: version, bypassingGovernance: bypassingGovernance)
        }
    }
}
