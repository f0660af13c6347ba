extension Bucket {
    /// Puts an object under another key of the key service, in place (S3: `UpdateObjectEncryption`): SSE-S3 becomes
    /// SSE-KMS, SSE-KMS gets another key. Its data key is wrapped anew and no byte of it is moved; version, ETag, time,
    /// checksums and all else stay.
    ///
    /// The data key stays, too: who knows it, because it was compromised, still reads the object. To be rid of a data
    /// key, copy the object onto itself.
    ///
    /// - Parameters:
    ///   - key: the object's key.
    ///   - version: which version; by default the newest.
    ///   - kmsKey: a key id, an alias or an ARN of the key service; nil for its own default key.
    ///   - context: pairs to add to the encryption context; the old ones go.
    ///   - bucketKey: whether to spare the service by a Bucket Key.
    /// - Returns: the commit that did it.
    /// - Throws: ``StoreError/Code/invalidRequest`` for an object that is not encrypted, or under a customer key;
    ///   ``StoreError/Code/accessDenied`` while object lock protects the version: lift a legal hold or a retention in
    ///   governance mode first; ``StoreError/Code/keyServiceMissing``, ``StoreError/Code/keyNotFound``,
    ///   ``StoreError/Code/keyDisabled`` and what else the key service says of either key;
    ///   ``StoreError/Code/noSuchKey``, ``StoreError/Code/noSuchVersion``, ``StoreError/Code/methodNotAllowed``,
    ///   ``StoreError/Code/damaged``.
    @discardableResult
    public func updateEncryption(
        of key: ObjectKey, version: VersionID? = nil, toKey kmsKey: String? = nil, context: [String: String] = [:],
        bucketKey: Bool = false
    ) async throws(StoreError) -> ChangeReceipt {
        let update = EncryptionUpdate(
            engine: engine, requester: requester, bucket: name, key: key, version: version, kmsKey: kmsKey,
            context: context, bucketKey: bucketKey)
        return try await update.run()
    }
}
