internal import Logging
internal import StrongroomCrypto
internal import StrongroomCustomerKeys
package import StrongroomKeys
package import StrongroomStorage
internal import StrongroomSystem
internal import SystemPackage

extension Store {
    /// A new store over parts that have no directory, and no rows yet.
    ///
    /// Its metadata key is written nowhere, so what the parts hold can be used by this store alone, until its last
    /// handle is gone.
    ///
    /// - Parameters:
    ///   - keyBackend: opened with an empty configuration.
    ///   - options: of which only what has a meaning without a directory counts.
    /// - Throws: ``StoreError/Code/keyBackendFailed``, ``StoreError/Code/secretMemoryUnavailable``.
    package static func assemble(
        metadata: any MetadataStore, blobs: any BlobStore, keyBackend: KeyBackendTable, options: StoreOptions
    ) async throws(StoreError) -> Store {
        let logger = options.logger ?? Logger.current
        let metrics = StoreMetrics(options)
        let (opened, service, customer) = try await open(keyBackend, options, logger, metrics)
        let metadataKey: SharedSecret
        do throws(SecretMemoryError) {
            metadataKey = SharedSecret(try SecretBytes.random(count: GeneratedDataKey.sizeBytes))
        } catch {
            throw StoreError(error)
        }
        let random = SystemRandom()
        let engine = Engine(
            directory: "", storeID: random.bytes(16), storage: OpenedStorage(metadata: metadata, blobs: blobs),
            threads: IOThreadPool(threadCount: 1), random: random, settings: EngineSettings(options),
            logger: logger,
            keys: try StoreKeys(opened, service: service, customer: customer, metadataKey: metadataKey),
            metrics: metrics)
        try await engine.loadLockClock()
        engine.openStores.opened(engine, engine.openStores.begin(""))
        return Store(engine: engine, requester: .root)
    }

    /// There is no keyring: a key service gets its settings alone.
    private static func open(
        _ keyBackend: KeyBackendTable, _ options: StoreOptions, _ logger: Logger, _ metrics: StoreMetrics
    ) async throws(StoreError) -> (OpenedBackend, KeyServiceLink?, OpenedBackend) {
        try options.checkKeyBackends()
        do throws(KeyBackendError) {
            let opened = try await OpenedBackend.open(
                keyBackend, KeyBackendConfiguration(), logger: logger, metrics: metrics,
                limits: options.keyBackendLimits)
            let customer = try await OpenedBackend.open(
                CustomerKeys.table, KeyBackendConfiguration(), logger: logger, metrics: metrics)
            guard let service = options.keyService else { return (opened, nil, customer) }
            guard case .linked(let table) = service.backend else {
                throw KeyBackendError(
                    .invalidRequest, "A store without a directory takes a key service that is linked in, no module.")
            }
            let link = KeyServiceLink(service) { () async throws(StoreError) in
                do throws(KeyBackendError) {
                    return try await OpenedBackend.open(
                        table, KeyBackendConfiguration(settings: service.settings), logger: logger, metrics: metrics,
                        limits: service.limits, alwaysLimits: true)
                } catch {
                    throw StoreError(error)
                }
            }
            return (opened, link, customer)
        } catch {
            throw StoreError(error)
        }
    }
}
