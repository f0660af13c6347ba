internal import StrongroomCatalog
internal import StrongroomJournal
package import StrongroomSystem
package import SystemPackage

/// Mends a store that nobody has open: what image and journal can rebuild is rebuilt, what stood in its place is set
/// aside, nothing is deleted.
///
/// It needs no key and is no judge of payloads: a forged row or payload passes here as it came, and is refused, as
/// ever, by whoever opens it. Repeating it after a crash goes on where that one stopped.
package struct StorageRepair: Sendable {
    /// What is known of the catalog before it is opened here: opening a damaged one may end the process.
    package enum CatalogVerdict: Sendable {
        /// Another process has walked all of it.
        case walked
        /// Why it must not be opened.
        case damaged(String)
    }

    private let directory: StorageDirectory
    private let storeID: [UInt8]
    private let options: EmbeddedStorageOptions
    private let environment: StorageEnvironment

    package init(
        directory: FilePath, storeID: [UInt8], options: EmbeddedStorageOptions = .init(),
        environment: StorageEnvironment
    ) {
        precondition(storeID.count == CheckpointState.storeIDSizeBytes, "a store id has 16 bytes")
        self.directory = StorageDirectory(root: directory)
        self.storeID = storeID
        self.options = options
        self.environment = environment
    }

    /// Blocks. Nothing is changed by a dry run.
    ///
    /// - Throws: `locked` while the store is open; `corrupted` where nothing is left to rebuild the catalog from.
    package func run(catalog verdict: CatalogVerdict, isDryRun: Bool) throws(StorageError) -> StorageRepairReport {
        let lock = try environment.fileSystem.lockExclusively(directory.lock)
        defer { lock.release() }
        var work = RepairWork(
            directory: directory, storeID: storeID, options: options, environment: environment, isDryRun: isDryRun)
        try work.run(verdict)
        return work.report
    }
}
