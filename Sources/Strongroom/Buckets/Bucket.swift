internal import StrongroomKeys

/// A bucket of a store, by name. A value, cheap to make and to pass on; it caches nothing, and
/// naming a bucket does not create it.
public struct Bucket: Sendable {
    /// The bucket's name.
    public let name: BucketName

    let engine: Engine
    let requester: Requester

    /// The same bucket, with a customer's key that each request through it brings, as S3's SSE-C headers do.
    ///
    /// Puts, copies and uploads that ask for no encryption are sealed under the key; what they ask for else is refused.
    /// Objects that are read must be under it: get, head, attributes, parts to upload, and the source of a copy whose
    /// bucket this is. What needs no key, such as a listing or a delete, goes on as without.
    public func presenting(_ key: CustomerKey) -> Bucket {
        var requester = requester
        requester.customerKey = key
        return Bucket(name: name, engine: engine, requester: requester)
    }

    /// What is true of the bucket.
    ///
    /// - Throws: ``StoreError/Code/noSuchBucket``.
    public func info() async throws(StoreError) -> BucketInfo {
        try engine.bucket(name).info(name)
    }

    /// What puts from now on get that ask for nothing. No object that is there already changes.
    ///
    /// - Throws: ``StoreError/Code/noSuchBucket``; ``StoreError/Code/keyServiceMissing`` for SSE-KMS in a store that
    ///   was opened without a key service; ``StoreError/Code/encryptionUnavailable`` for DSSE-KMS without the trait.
    @discardableResult
    public func setDefaultEncryption(
        _ encryption: DefaultEncryption
    ) async throws(StoreError) -> ChangeReceipt {
        if encryption.mode.asksKeyService { try engine.unlockedKeys().checkAvailable(encryption.mode, for: name) }
        return try await engine.change(name) { $0.defaultEncryption = encryption }
    }

    /// What puts from now on may ask for of what a bucket can block. Objects that are there can be read all the same.
    ///
    /// - Throws: ``StoreError/Code/noSuchBucket``.
    @discardableResult
    public func setAllowedEncryption(
        _ allowed: Set<BlockableEncryption>
    ) async throws(StoreError) -> ChangeReceipt {
        try await engine.change(name) { $0.allowsCustomerKeys = allowed.contains(.customerKeys) }
    }

    /// Keeps old versions of objects from now on, or keeps no more of them. What is there stays.
    ///
    /// - Parameter versioning: ``Versioning/enabled`` or ``Versioning/suspended``. A bucket that ever kept versions
    ///   never becomes unversioned again.
    /// - Throws: ``StoreError/Code/noSuchBucket``, ``StoreError/Code/invalidArgument``,
    ///   ``StoreError/Code/invalidBucketState`` to suspend it where the bucket has object lock.
    @discardableResult
    public func setVersioning(_ versioning: Versioning) async throws(StoreError) -> ChangeReceipt {
        guard versioning != .unversioned else {
            throw StoreError(
                .invalidArgument, "A bucket never becomes unversioned again; suspend its versioning instead.",
                bucket: name)
        }
        return try await engine.change(name) { [name] row throws(StoreError) in
            guard versioning == .enabled || row.objectLock == nil else {
                throw StoreError(
                    .invalidBucketState, "The bucket has object lock: its versioning stays enabled.", bucket: name)
            }
            row.versioning = versioning
        }
    }
}
