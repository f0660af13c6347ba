extension Bucket {
    /// Everything about the object under `key` but its bytes.
    ///
    /// - Throws: ``StoreError/Code/noSuchKey``, ``StoreError/Code/damaged``.
    public func head(_ key: ObjectKey) async throws(StoreError) -> ObjectInfo {
        try await engine.head(key, in: name)
    }

    /// The object under `key`: what is true of it at once, its bytes as they are asked for.
    ///
    /// Each slice was verified before it is handed out. Bytes are read only as far as the range needs.
    /// What is returned stays readable, and the same, when the object is overwritten or deleted.
    ///
    /// - Parameters:
    ///   - key: the object's key.
    ///   - range: plaintext bytes; by default all. What lies beyond the end of the object is left out.
    /// - Throws: ``StoreError/Code/noSuchKey``, ``StoreError/Code/invalidRange`` where the range begins
    ///   at or after the end of the object, ``StoreError/Code/damaged``.
    public func get(_ key: ObjectKey, range: Range<UInt64>? = nil) async throws(StoreError) -> ObjectBody {
        try await engine.get(key, in: name, range: range, as: caller)
    }

    /// Deletes the object under `key`; no error where there is none, as in S3.
    ///
    /// Returns when the delete would survive power loss.
    @discardableResult
    public func delete(_ key: ObjectKey) async throws(StoreError) -> DeleteReceipt {
        try await engine.delete(key, in: name)
    }
}
