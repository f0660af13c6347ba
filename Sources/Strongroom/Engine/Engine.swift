internal import Logging
internal import StrongroomCrypto
internal import StrongroomKeys
internal import StrongroomStorage
internal import StrongroomSystem
internal import Synchronization
internal import SystemPackage

/// What stands behind every handle of an open store. The last handle that goes takes it along, and it
/// ends the threads and frees the lock.
final class Engine: Sendable {
    let directory: FilePath
    let storeID: [UInt8]
    /// Raised by a restore: positions of before it mean something else.
    let timeline: UInt32
    let metadata: any MetadataStore
    let blobs: any BlobStore
    let threads: IOThreadPool
    let random: SystemRandom
    let settings: EngineSettings
    let logger: Logger
    let metrics: StoreMetrics
    /// Nil while the store is locked: opened without its keyring.
    let keys: StoreKeys?
    let buckets = BucketDirectory()
    let bucketDocuments = BucketDocuments()
    let users = UserChanges()
    /// In turn, what the journal keeps for a named consumer is made to agree with its row.
    let consumerTurns = TaskTurns()
    let lockClock: LockClockKeeper
    let parts = PartKeeper()
    private let closing = Mutex<Task<Result<Void, StoreError>, Never>?>(nil)
    /// Where whoever asks what hangs on a key finds this store.
    let openStores: OpenStores
    let storage: OpenedStorage

    init(
        directory: FilePath, storeID: [UInt8], timeline: UInt32 = StoreDescription.firstTimeline,
        storage: OpenedStorage, threads: IOThreadPool, random: SystemRandom,
        settings: EngineSettings, logger: Logger, keys: StoreKeys?, metrics: StoreMetrics,
        clock: any StoreClock = PosixClock(), openStores: OpenStores = .shared
    ) {
        self.openStores = openStores
        self.metrics = metrics
        self.directory = directory
        self.storeID = storeID
        self.timeline = timeline
        self.storage = storage
        metadata = storage.metadata
        blobs = storage.blobs
        self.threads = threads
        self.random = random
        self.settings = settings
        self.logger = logger
        self.keys = keys
        lockClock = LockClockKeeper(clock)
    }

    /// Closes once; whoever else closes waits for that, and gets the same answer.
    func close() async throws(StoreError) {
        let closing = self.closing.withLock { closing in
            if let closing { return closing }
            let task = Task {
                await parts.settle(forever: true)
                await trySavingLockClock()
                await keys?.settle()
                defer { openStores.forget(self) }
                return await Self.close(storage, keys)
            }
            closing = task
            return task
        }
        try await closing.value.get()
    }

    /// The key backend last, and in any case.
    private static func close(_ storage: OpenedStorage, _ keys: StoreKeys?) async -> Result<Void, StoreError> {
        var result: Result<Void, StoreError> = .success(())
        do throws(StorageError) {
            try await storage.close()
        } catch {
            result = .failure(StoreError(error))
        }
        guard let keys else { return result }
        do throws(KeyBackendError) {
            try await keys.close()
        } catch {
            if case .success = result { result = .failure(StoreError(error)) }
        }
        return result
    }

    /// - Throws: `closed`.
    func checkOpen() throws(StoreError) {
        guard closing.withLock({ $0 == nil }) else {
            throw StoreError(.closed, "The store is closed; open it again.")
        }
    }

    /// - Throws: `storeLocked` where the keyring is missing.
    func unlockedKeys() throws(StoreError) -> StoreKeys {
        guard let keys else {
            throw StoreError(
                .storeLocked,
                "The store was opened without its keyring; only names can be listed. Open it with the keyring in place."
            )
        }
        return keys
    }

    /// - Throws: `noSuchBucket`, `damaged`, `closed`.
    func bucket(_ name: BucketName) throws(StoreError) -> KnownBucket {
        try checkOpen()
        if let bucket = buckets[name] { return bucket }
        if let damage = buckets.damage(of: name) { throw StoreError(.damaged, damage, bucket: name) }
        throw Self.noSuchBucket(name)
    }

    static func noSuchBucket(_ name: BucketName) -> StoreError {
        StoreError(.noSuchBucket, "There is no bucket of that name; create it first.", bucket: name)
    }

    static func beingDeleted(_ name: BucketName) -> StoreError {
        StoreError(.conflict, "The bucket is being deleted; try again to learn whether it was.", bucket: name)
    }

    /// One commit, with a fault below turned into a public error.
    func commit<Refusal: Sendable>(
        reads: [[UInt8]], attachments: [[UInt8]] = [], meanwhile: @escaping @Sendable () -> Void = {},
        decide: @escaping @Sendable (CommitView) -> Decision<Refusal>
    ) async throws(StoreError) -> CommitOutcome<Refusal> {
        do throws(StorageError) {
            return try await metadata.commit(
                reads: reads, attachments: attachments, meanwhile: meanwhile, decide: decide)
        } catch {
            throw StoreError(error)
        }
    }
}

extension Engine {
    /// One consistent look at the rows, with a fault below turned into a public error.
    func readStorage<Value: Sendable>(
        _ body: @escaping @Sendable (any MetadataSnapshot) throws(StorageError) -> Value
    ) async throws(StoreError) -> Value {
        do throws(MetadataReadError<StorageError>) {
            return try await metadata.read(body)
        } catch {
            switch error {
            case .storage(let fault), .body(let fault): throw StoreError(fault)
            }
        }
    }
}

/// The part of the options that the engine looks at while it runs.
struct EngineSettings: Sendable {
    var smallObjectLimitBytes: Int
    var partMinimumBytes: Int
    var suite: SealedStreamSuite
    var lockClockGapDays = 30
    var allowedEncryption: Set<BlockableEncryption> = []
}

extension EngineSettings {
    init(_ options: StoreOptions) {
        self.init(
            smallObjectLimitBytes: options.smallObjectLimitBytes, partMinimumBytes: options.partMinimumBytes,
            suite: options.suite == .chaCha20Poly1305 ? .chaCha20Poly1305 : .aes256GCM,
            lockClockGapDays: options.lockClockGapDays, allowedEncryption: options.allowedEncryption)
    }
}
