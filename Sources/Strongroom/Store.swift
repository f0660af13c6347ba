public import StrongroomKeys
internal import StrongroomStorage
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
    let requester: Requester

    /// Opens the store at `path`; where nothing stands there, makes one, with its keyring beside it.
    ///
    /// - Throws: ``StoreError/Code/storeInUse``, ``StoreError/Code/wrongRootKey``,
    ///   ``StoreError/Code/keyringMissing``, ``StoreError/Code/corrupted``,
    ///   ``StoreError/Code/unsupportedFormat`` and what the machine refuses.
    public static func open(at path: FilePath, options: StoreOptions = StoreOptions()) async throws(StoreError) -> Store
    {
        Store(engine: try await StoreOpening(path, options).run(), requester: .root)
    }

    /// Waits for what runs, moves what the journal holds into the catalog, and frees the lock. Every
    /// later call on any handle of this store throws ``StoreError/Code/closed``.
    ///
    /// - Throws: why the last checkpoint failed, and then the next opening does its work; or
    ///   ``StoreError/Code/anchorUnavailable`` where ``StoreOptions/anchorCounter`` did not answer. The store is closed
    ///   in any case.
    public func close() async throws(StoreError) {
        try await engine.close()
    }

    /// A handle whose calls are made on behalf of `caller`, as key backends, policies and audit see it.
    /// Without one, calls are the root's of the account.
    public func acting(as caller: Caller) -> Store { Store(engine: engine, requester: Requester(caller: caller)) }

    /// The same for a server that asks the caller's policies itself where the key service does not decide by them.
    package func serving(_ caller: Caller) -> Store {
        Store(engine: engine, requester: Requester(caller: caller, asksPoliciesItself: true))
    }

    /// The version of this library, by the rules of semantic versioning: "0.1.0". A store remembers which one made it.
    public static let softwareVersion = "0.1.0"

    /// Where it is; empty for a store in memory.
    package var directory: FilePath { engine.directory }

    /// Whether the store was opened without its keyring: names can be listed, nothing sealed can be used.
    public var isLocked: Bool { engine.keys == nil }

    /// Whether calls can be answered now, as far as the store knows without asking the disk or a key service.
    ///
    /// - Throws: ``StoreError/Code/closed``; ``StoreError/Code/storeLocked`` where nothing sealed can be used; after a
    ///   write or a sync that failed, ``StoreError/Code/durabilityUnknown``: reads go on, changes do not.
    public func checkReadiness() throws(StoreError) {
        try engine.checkOpen()
        _ = try engine.unlockedKeys()
        if let failure = engine.storage.embedded?.writeFailure { throw StoreError(failure) }
    }

    /// The bucket of that name. Says nothing about whether it exists.
    public func bucket(_ name: BucketName) -> Bucket { Bucket(name: name, engine: engine, requester: requester) }

    /// Makes a bucket.
    ///
    /// - Parameters:
    ///   - name: a name by S3's rules.
    ///   - defaultEncryption: what puts get that ask for nothing; by default SSE-S3.
    ///   - versioning: whether it keeps old versions of its objects; by default not.
    ///   - objectLock: whether its objects can be locked, for which it keeps versions. Cannot be taken back.
    ///   - allowing: what puts may ask for of what a bucket can block; by default what
    ///     ``StoreOptions/allowedEncryption`` says, which is nothing.
    /// - Throws: ``StoreError/Code/bucketAlreadyExists``, ``StoreError/Code/invalidArgument`` for object lock with
    ///   versioning suspended; ``StoreError/Code/keyServiceMissing`` for SSE-KMS by default in a store that was opened
    ///   without a key service.
    @discardableResult
    public func createBucket(
        _ name: BucketName, defaultEncryption: DefaultEncryption = .s3Managed, versioning: Versioning = .unversioned,
        objectLock: Bool = false, allowing: Set<BlockableEncryption>? = nil
    ) async throws(StoreError) -> Bucket {
        try await engine.createBucket(
            name, defaultEncryption: defaultEncryption, versioning: versioning, objectLock: objectLock,
            allowing: allowing ?? engine.settings.allowedEncryption)
        return bucket(name)
    }

    /// Deletes an empty bucket.
    ///
    /// - Throws: ``StoreError/Code/noSuchBucket``, ``StoreError/Code/bucketNotEmpty``.
    @discardableResult
    public func deleteBucket(_ name: BucketName) async throws(StoreError) -> ChangeReceipt {
        try await engine.deleteBucket(name)
    }

    /// Whether locks expire in time. False where the store, when it was opened, found the wall clock further past
    /// the time of its last use than ``StoreOptions/lockClockGapDays``, or could not tell that time any more; and
    /// while the store is locked.
    public var isClockConfirmed: Bool { engine.lockClock.time.isConfirmed }

    /// Says that the machine's clock is right, so that locks expire by it. They end for good by that: look at the
    /// clock first. Durable on return.
    ///
    /// - Throws: ``StoreError/Code/storeLocked``, ``StoreError/Code/closed``.
    public func confirmClock() async throws(StoreError) { try await engine.confirmClock() }

    /// All buckets in byte order of their names.
    public func listBuckets() async throws(StoreError) -> [BucketInfo] {
        try engine.checkOpen()
        return engine.buckets.all.map { $0.bucket.info($0.name) }
    }
}
