public import Logging
public import Strongroom
internal import StrongroomStorage
internal import StrongroomSystem

extension Store {
    /// A new, empty store in memory: nothing is written anywhere, and with its last handle everything in it is gone.
    ///
    /// It is the same engine, with the same sealing under real keys, over rows and payloads in memory in place of
    /// journal, catalog and files. What it cannot show is what a disk does: durability, space that runs out, another
    /// process that has the store open. A checkpoint succeeds and does nothing. Use
    /// ``withTemporaryStore(options:_:)`` where that matters.
    ///
    /// Objects are held whole, so keep them small; a put takes time in proportion to the number of objects.
    ///
    /// - Parameters:
    ///   - suite: the cipher of new objects.
    ///   - logger: where the store logs; by default the task's logger.
    /// - Throws: `StoreError` with code `secretMemoryUnavailable` where no memory can be locked for the keys.
    public static func inMemory(
        suite: CipherSuite = .aes256GCM, logger: Logger? = nil
    ) async throws(StoreError) -> Store {
        var options = StoreOptions()
        options.suite = suite
        options.logger = logger
        let blobs = InMemoryBlobStore()
        return try await assemble(
            metadata: InMemoryMetadataStore(clock: PosixClock(), blobs: blobs), blobs: blobs,
            keyBackend: EphemeralKeyBackend.table, options: options)
    }
}
