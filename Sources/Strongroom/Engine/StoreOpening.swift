internal import Logging
internal import StrongroomCrypto
internal import StrongroomKeys
internal import StrongroomStorage
internal import StrongroomSystem
internal import SystemPackage

/// Opens a store, or makes one.
///
/// The order of making matters: keyring, metadata key, journal and catalog are durable before
/// `store.json` is written, so that a directory with that file is a whole store, whenever power fails.
struct StoreOpening {
    let directory: FilePath
    let keyring: FilePath
    /// Nil where only the keyring has one.
    let anchor: FilePath?
    var anchorCounter: AnchorCounter?
    let options: StoreOptions
    /// Of a store that is being restored: what it says of itself once it is one. Until then no file says it.
    var restored: StoreDescription?
    let logger: Logger
    let metrics: StoreMetrics
    let fileSystem = PosixFileSystem()
    let random = SystemRandom()
    let threads = IOThreadPool(threadCount: 2)

    init(_ path: FilePath, _ options: StoreOptions) throws(StoreError) {
        try options.check()
        let place = try StorePlace(path, keyring: options.keyring)
        (directory, keyring) = (place.directory, place.keyring)
        anchor = try options.anchor.map { (path) throws(StoreError) in try StorePlace.absolute(path) }
        anchorCounter = try options.anchorCounter.map { (path) throws(StoreError) in
            AnchorCounter(CounterProgram(try StorePlace.absolute(path)), PosixClock())
        }
        self.options = options
        logger = options.logger ?? Logger.current
        metrics = StoreMetrics(options)
        guard !keyring.starts(with: directory) else {
            throw StoreError(
                .invalidArgument,
                "The keyring \(keyring) lies in the store: a copy of the store would carry its keys. Put it elsewhere.")
        }
        if let anchor, anchor.starts(with: directory) || anchor.starts(with: keyring) {
            throw StoreError(
                .invalidArgument,
                "The anchor \(anchor) lies in the store or its keyring: who puts that back puts back the anchor. "
                    + "Name a file on another disk.")
        }
    }

    func run() async throws(StoreError) -> Engine {
        // From the start: while the store is being opened, what hangs on a key is not known.
        let opening = OpenStores.shared.begin(directory.string)
        do throws(StoreError) {
            let engine = try await engine()
            OpenStores.shared.opened(engine, opening)
            return engine
        } catch {
            OpenStores.shared.giveUp(opening)
            throw error
        }
    }

    private func engine() async throws(StoreError) -> Engine {
        if try await exists(directory.appending(StoreDescription.fileName)) { return try await open() }
        let spares = SpareFiles(directory: directory, fileSystem: fileSystem)
        guard try await onThread({ () throws(StorageError) in try !spares.has(StoreDescription.fileName) }) else {
            throw StoreError(
                .corrupted, "The store at \(directory) has lost its \(StoreDescription.fileName); run repair.")
        }
        guard case .create = options.whenAbsent else {
            let isLoss = try await onThread { () throws(StorageError) in
                try StoreCreation.isLoss(in: directory, fileSystem)
            }
            guard !isLoss else {
                throw StoreError(
                    .corrupted,
                    "The store at \(directory) has lost its \(StoreDescription.fileName) and the second copy of it; restore "
                        + "it from a backup.")
            }
            throw StoreError(.notFound, "There is no store at \(directory). Make one with init, or correct the path.")
        }
        let parent = directory.removingLastComponent()
        guard try await exists(parent) else {
            throw StoreError(.notFound, "The directory \(parent), in which the store is to be made, does not exist.")
        }
        return try await create()
    }

    private func create() async throws(StoreError) -> Engine {
        let creation = try await onThread { () throws(StorageError) in
            try StoreCreation.begin(directory, fileSystem)
        }
        let opened = try await openNewBackend(creation)
        let storeID = random.bytes(16)
        let metadataKey = try await MetadataKeyFile.create(
            in: directory, storeID: storeID, opened, fileSystem, on: threads)
        let description = StoreDescription(
            format: StoreDescription.currentFormat, storeId: Hexadecimal.encode(storeID),
            createdBy: StoreDescription.software, keyBackend: opened.id, timeline: StoreDescription.firstTimeline)
        let keys = try await storeKeys(opened, metadataKey, description)
        let storage = try await openStorage(
            storeID: storeID, timeline: StoreDescription.firstTimeline, keys, creates: true, acceptsRollback: false)
        try await write(description)
        try await onThread { () throws(StorageError) in try creation.finish() }
        try await refreshSpares()
        logger.info("Store created", metadata: ["path": "\(directory)"])
        return try await engine(
            storage, storeID: storeID, timeline: StoreDescription.firstTimeline,
            keys: keys)
    }

    func write(_ description: StoreDescription) async throws(StoreError) {
        try await onThread { () throws(StorageError) in
            try CanonicalJSONFile.write(
                description, to: directory.appending(StoreDescription.fileName), in: fileSystem)
        }
    }

    private func storeKeys(
        _ opened: OpenedBackend, _ metadataKey: SharedSecret, _ description: StoreDescription
    ) async throws(StoreError) -> StoreKeys {
        try StoreKeys(
            opened, service: try keyServiceLink(description), customer: try await openCustomerKeys(),
            metadataKey: metadataKey)
    }

    /// An interrupted attempt may have made the keyring: then nothing is sealed by it yet, and it serves.
    private func openNewBackend(_ creation: StoreCreation) async throws(StoreError) -> OpenedBackend {
        guard creation.isResumed else { return try await openBackend(creates: true) }
        do throws(StoreError) {
            return try await openBackend(creates: false)
        } catch  where error.code == .keyringMissing {
            return try await openBackend(creates: true)
        }
    }

    private func open() async throws(StoreError) -> Engine {
        do throws(StoreError) {
            return try await openWhole()
        } catch  where error.code == .notFound {
            throw StoreError(
                .corrupted, "A file of the store is missing; run repair, or restore a backup. \(error.message)",
                underlying: error.underlyingError)
        }
    }

    private func openWhole() async throws(StoreError) -> Engine {
        let (description, storeID) = try await onThread { () throws(StorageError) in
            let description = try StoreDescription.read(in: directory, fileSystem)
            return (description, try description.storeIDBytes(in: directory))
        }
        let keys = try await openKeys(description, storeID)
        let (storage, timeline) = try await openStorage(description, storeID, keys)
        logger.info("Store opened", metadata: ["path": "\(directory)", "locked": "\(keys == nil)"])
        let engine = try await engine(storage, storeID: storeID, timeline: timeline, keys: keys)
        if keys != nil { try await refreshSpares() }
        return engine
    }

    /// What was rolled back and is accepted is another history from here on, and gets a timeline of its own: positions
    /// of the change feed and backups of the one that was given up do not mix with it.
    private func openStorage(
        _ description: StoreDescription, _ storeID: [UInt8], _ keys: StoreKeys?
    ) async throws(StoreError) -> (OpenedStorage, timeline: UInt32) {
        let before = description.timeline ?? StoreDescription.firstTimeline
        do throws(StoreError) {
            return (try await openStorage(storeID: storeID, timeline: before, keys, acceptsRollback: false), before)
        } catch {
            guard error.code == .rolledBack, case .accept = options.whenRolledBack else { throw error }
        }
        let accepted = description.onNewTimeline(random)
        let timeline = accepted.timeline ?? StoreDescription.firstTimeline
        let storage = try await openStorage(storeID: storeID, timeline: timeline, keys, acceptsRollback: true)
        do throws(StoreError) {
            // Under the store's lock. Whoever dies before it has to be accepted again.
            try await write(accepted)
            try await onThread { () throws(StorageError) in try storage.anchors?.abandon(before) }
        } catch {
            try? await storage.close()
            throw error
        }
        return (storage, timeline)
    }

    /// After the files have proved to be the store's.
    func refreshSpares() async throws(StoreError) {
        let spares = SpareFiles(directory: directory, fileSystem: fileSystem)
        do throws(StoreError) {
            try await onThread { () throws(StorageError) in
                try spares.refresh()
                try StoreCreation.removeMarks(in: directory, fileSystem)
            }
        } catch {
            // A store on a full disk opens all the same.
            logger.warning(
                "The second copies of the store's small files cannot be written", metadata: ["reason": "\(error)"])
        }
    }

    /// Nil for a store that is opened locked.
    func openKeys(_ description: StoreDescription, _ storeID: [UInt8]) async throws(StoreError) -> StoreKeys? {
        guard try await exists(keyring) else {
            guard case .openLocked = options.whenKeyringMissing else {
                throw StoreError(
                    .keyringMissing,
                    "There is no keyring at \(keyring). Name the place where it is, or open the store locked.")
            }
            return nil
        }
        let opened = try await openBackend(creates: false)
        guard opened.id == description.keyBackend else {
            throw StoreError(
                .keyNotFound,
                "The store's keys are kept by the backend \(description.keyBackend.debugDescription), "
                    + "and \(opened.id.debugDescription) was given."
            )
        }
        let metadataKey: SharedSecret
        do throws(StoreError) {
            metadataKey = try await MetadataKeyFile.unwrap(
                in: directory, storeID: storeID, opened, fileSystem, on: threads)
        } catch  where error.code == .damaged {
            // What a foreign key opens is not told from what was damaged, by whoever has no other.
            throw StoreError(
                .damaged,
                "\(error.message) Either the keyring at \(keyring) is another store's: then name the store's own. Or "
                    + "\(MetadataKeyFile.fileName) is damaged: then "
                    + (restored == nil ? "run repair." : "restore another backup."), underlying: error.underlyingError)
        }
        return try await storeKeys(opened, metadataKey, description)
    }

    func engine(
        _ storage: OpenedStorage, storeID: [UInt8], timeline: UInt32, keys: StoreKeys?
    ) async throws(StoreError) -> Engine {
        let engine = Engine(
            directory: directory, storeID: storeID, timeline: timeline, storage: storage, threads: threads,
            random: random,
            settings: EngineSettings(options), logger: logger, keys: keys, metrics: metrics)
        try await engine.loadBuckets()
        try await engine.loadLockClock()
        try await engine.loadConsumers()
        // What a crash or a closing store left of deleted objects.
        if keys != nil { engine.scheduleReaping() }
        return engine
    }

    private func exists(_ path: FilePath) async throws(StoreError) -> Bool {
        try await onThread { () throws(StorageError) in try fileSystem.status(path) != nil }
    }

    func onThread<Value: Sendable>(
        _ work: @escaping @Sendable () throws(StorageError) -> Value
    ) async throws(StoreError) -> Value {
        do throws(StorageError) {
            return try await threads.run(work)
        } catch {
            throw StoreError(error)
        }
    }
}
