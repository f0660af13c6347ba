public import StrongroomKeys
public import SystemPackage

/// An open store: buckets of objects, every byte at rest sealed under a key that a key backend guards.
///
/// A handle, cheap to pass on and to copy. Dropping the last one ends the store's threads, which then free
/// its lock; nothing that was acknowledged is lost by that, nor by a crash. Still, ``close()`` is better:
/// it waits for what runs, reports what fails, and the lock is free when it returns.
///
/// One process at a time has a store open.
public struct Store: Sendable {
    let engine: Engine
    let caller: Caller?

    /// Opens the store at `path`; where nothing stands there, makes one, with its keyring beside it.
    ///
    /// - Throws: ``StoreError/Code/storeInUse``, ``StoreError/Code/wrongRootKey``,
    ///   ``StoreError/Code/keyringMissing``, ``StoreError/Code/corrupted``,
    ///   ``StoreError/Code/unsupportedFormat`` and what the machine refuses.
    public static func open(at path: FilePath, options: StoreOptions = StoreOptions()) async throws(StoreError) -> Store
    {
        Store(engine: try await StoreOpening(path, options).run(), caller: nil)
    }

    /// Waits for what runs, moves what the journal holds into the catalog, and frees the lock. Every
    /// later call on any handle of this store throws ``StoreError/Code/closed``.
    public func close() async throws(StoreError) {
        try await engine.close()
    }

    /// A handle whose calls are made on behalf of `caller`, as key backends, policies and audit see it.
    /// Without one, calls are the root's of the account.
    public func acting(as caller: Caller) -> Store { Store(engine: engine, caller: caller) }

    /// Whether the store was opened without its keyring: names can be listed, nothing sealed can be used.
    public var isLocked: Bool { engine.keys == nil }

    /// The bucket of that name. Says nothing about whether it exists.
    public func bucket(_ name: BucketName) -> Bucket { Bucket(name: name, engine: engine, caller: caller) }

    /// Makes a bucket.
    ///
    /// - Parameters:
    ///   - name: a name by S3's rules.
    ///   - defaultEncryption: what puts get that ask for nothing; by default SSE-S3.
    ///   - versioning: whether it keeps old versions of its objects; by default not.
    /// - Throws: ``StoreError/Code/bucketAlreadyExists``.
    @discardableResult
    public func createBucket(
        _ name: BucketName, defaultEncryption: DefaultEncryption = .s3Managed, versioning: Versioning = .unversioned
    ) async throws(StoreError) -> Bucket {
        try await engine.createBucket(name, defaultEncryption: defaultEncryption, versioning: versioning)
        return bucket(name)
    }

    /// Deletes an empty bucket.
    ///
    /// - Throws: ``StoreError/Code/noSuchBucket``, ``StoreError/Code/bucketNotEmpty``.
    public func deleteBucket(_ name: BucketName) async throws(StoreError) {
        try await engine.deleteBucket(name)
    }

    /// All buckets in byte order of their names.
    public func listBuckets() async throws(StoreError) -> [BucketInfo] {
        try engine.checkOpen()
        return engine.buckets.all.map { $0.bucket.info($0.name) }
    }
}
