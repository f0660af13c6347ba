internal import StrongroomKeys

/// A bucket of a store, by name. A value, cheap to make and to pass on; it caches nothing, and
/// naming a bucket does not create it.
public struct Bucket: Sendable {
    /// The bucket's name.
    public let name: BucketName

    let engine: Engine
    let caller: Caller?

    /// What is true of the bucket.
    ///
    /// - Throws: ``StoreError/Code/noSuchBucket``.
    public func info() async throws(StoreError) -> BucketInfo {
        try engine.bucket(name).info(name)
    }

    /// What puts from now on get that ask for nothing. No object that is there already changes.
    ///
    /// - Throws: ``StoreError/Code/noSuchBucket``.
    @discardableResult
    public func setDefaultEncryption(
        _ encryption: DefaultEncryption
    ) async throws(StoreError) -> ChangeReceipt {
        try await engine.change(name) { $0.defaultEncryption = encryption }
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
