import Logging
import StrongroomCrypto
import StrongroomCustomerKeys
import StrongroomKeys
import StrongroomS3ManagedKeys
import StrongroomStorage
import StrongroomSystem
import SystemPackage

@testable import Strongroom

/// An engine over stores in memory, for tests that play the attacker: rows and payloads can be read and
/// replaced below it. Keys are real ones, in a temporary keyring.
struct MemoryEngine {
    let engine: Engine
    let metadata: InMemoryMetadataStore
    let blobs: InMemoryBlobStore
    private let directory: TemporaryDirectory
    private let clock: any StoreClock
    /// What `bucket(_:)` presents.
    var customerKey: CustomerKey?

    init(
        suite: CipherSuite = .aes256GCM, clock: any StoreClock = PosixClock(), service: KeyServiceLink? = nil,
        metrics: StoreMetrics = StoreMetrics(StoreOptions())
    ) async throws {
        directory = try TemporaryDirectory()
        self.clock = clock
        blobs = InMemoryBlobStore()
        metadata = InMemoryMetadataStore(clock: clock, blobs: blobs)
        let backend = try await KeyBackendInstance.open(
            S3ManagedKeys.table, configuration: S3ManagedKeys.configuration(keyring: directory.keyring, creates: true))
        let customer = try await OpenedBackend.open(
            CustomerKeys.table, KeyBackendConfiguration(), logger: .current, metrics: StoreMetrics(StoreOptions()))
        let threads = IOThreadPool(threadCount: 1)
        let storeID = SystemRandom().bytes(16)
        let opened = OpenedBackend(
            id: S3ManagedKeys.table.name, backend: backend, mayMakeKeysAhead: true, logger: Logger.current)
        let metadataKey = try await MetadataKeyFile.create(
            in: directory.path, storeID: storeID, opened, PosixFileSystem(),
            on: threads)
        engine = Engine(
            directory: directory.path, storeID: storeID,
            storage: OpenedStorage(metadata: metadata, blobs: blobs), threads: threads, random: SystemRandom(),
            settings: EngineSettings(
                smallObjectLimitBytes: 128 << 10, partMinimumBytes: 1,
                suite: suite == .aes256GCM ? .aes256GCM : .chaCha20Poly1305),
            logger: Logger.current,
            keys: try StoreKeys(opened, service: service, customer: customer, metadataKey: metadataKey),
            metrics: metrics, clock: clock)
        try await engine.loadBuckets()
        try await engine.loadLockClock()
    }

    private init(crashed: MemoryEngine, gapDays: Int) async throws {
        (directory, clock) = (crashed.directory, crashed.clock)
        (blobs, metadata) = (crashed.blobs, crashed.metadata)
        let old = crashed.engine
        engine = Engine(
            directory: directory.path, storeID: old.storeID,
            storage: OpenedStorage(metadata: metadata, blobs: blobs), threads: old.threads, random: old.random,
            settings: EngineSettings(
                smallObjectLimitBytes: old.settings.smallObjectLimitBytes,
                partMinimumBytes: old.settings.partMinimumBytes, suite: old.settings.suite,
                lockClockGapDays: gapDays),
            logger: old.logger, keys: old.keys, metrics: old.metrics, clock: clock)
        try await engine.loadBuckets()
        try await engine.loadLockClock()
    }

    /// The store opened anew after the process died: nothing was done to close it.
    func afterCrash(gapDays: Int = 30) async throws -> MemoryEngine {
        try await MemoryEngine(crashed: self, gapDays: gapDays)
    }

    /// The store opened anew after it was closed, but for the keys, which stay open.
    func reopened(gapDays: Int = 30) async throws -> MemoryEngine {
        await engine.trySavingLockClock()
        return try await afterCrash(gapDays: gapDays)
    }

    var store: Store { Store(engine: engine, requester: .root) }

    /// The bucket as one sees it who has the key that its objects are under.
    func bucket(_ name: BucketName) -> Bucket {
        let bucket = store.bucket(name)
        return customerKey.map { bucket.presenting($0) } ?? bucket
    }

    func rowKey(_ bucket: BucketName, _ key: ObjectKey) throws -> [UInt8] {
        RowKey.current(try engine.bucket(bucket).row.uid, key)
    }

    func stored(_ bucket: BucketName, _ key: ObjectKey) async throws -> StoredRow {
        let rowKey = try rowKey(bucket, key)
        return try await engine.readStorage { snapshot throws(StorageError) in try snapshot.row(rowKey) }!
    }

    func payload(_ bucket: BucketName, _ key: ObjectKey) async throws -> [UInt8] {
        guard let pinned = try await metadata.pinnedRow(try rowKey(bucket, key)) else { return [] }
        return try await pinned.payloadBytes()
    }

    /// Puts a row and a payload below the engine, as whoever has the disk can.
    func overwrite(_ bucket: BucketName, _ key: ObjectKey, value: [UInt8], payload: [UInt8]) async throws {
        let rowKey = try rowKey(bucket, key)
        _ = try await metadata.commit(reads: [rowKey], attachments: [payload]) { _ -> Decision<Never> in
            .commit([RowMutation(key: rowKey, change: .put(value: value, payload: .attachment(0)))])
        }
    }

    /// The row with one field changed and a MAC that is right again: an attacker who has even the metadata key.
    func forge(_ bucket: BucketName, _ key: ObjectKey, _ change: (inout ObjectRow) -> Void) async throws -> [UInt8] {
        var row = try ObjectRow(decoding: try await stored(bucket, key).value)
        change(&row)
        return try authenticated(row, bucket, key)
    }

    func authenticated(_ row: ObjectRow, _ bucket: BucketName, _ key: ObjectKey) throws -> [UInt8] {
        let keys = try engine.bucketKeys(try engine.bucket(bucket))
        return try keys.authenticated(row.encodedWithoutMAC(), rowKey: try rowKey(bucket, key))
    }
}

extension ObjectRow {
    /// The sealing of a row that is known to be sealed.
    var wrapped: WrappedSealing {
        get {
            guard case .wrapped(let sealing) = sealing else { preconditionFailure("the object is not sealed") }
            return sealing
        }
        set { sealing = .wrapped(newValue) }
    }
}
