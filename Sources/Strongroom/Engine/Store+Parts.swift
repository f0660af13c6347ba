internal import Logging
internal import StrongroomCrypto
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
        let opened: OpenedBackend
        do throws(KeyBackendError) {
            opened = try await OpenedBackend.open(keyBackend, KeyBackendConfiguration(), logger: logger)
        } catch {
            throw StoreError(error)
        }
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
            logger: logger, keys: try StoreKeys(opened, metadataKey: metadataKey), metrics: StoreMetrics(options))
        try await engine.loadLockClock()
        return Store(engine: engine, caller: nil)
    }
}
