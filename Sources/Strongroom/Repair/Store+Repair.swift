internal import StrongroomStorage
internal import StrongroomSystem
public import SystemPackage

extension Store {
    /// Mends a store that nobody has open: what an image of the catalog and the journal can rebuild is rebuilt, and
    /// what cannot be read is put away. Nothing is deleted. Needs no key, and opens nothing sealed.
    ///
    /// It mends what keeps a store from opening, and the catalog. Of damage to the bytes of objects it knows nothing:
    /// ``verify(readingData:progress:)`` names such objects afterwards, and a backup has them.
    ///
    /// - Throws: ``StoreError/Code/storeInUse``, ``StoreError/Code/notFound``, ``StoreError/Code/corrupted`` where
    ///   nothing is left to rebuild the catalog from, and what the machine refuses. After an error it can be repeated.
    public static func repair(
        at path: FilePath, options: RepairOptions = RepairOptions()
    ) async throws(StoreError) -> RepairReport {
        let opening = try StoreOpening(path, StoreOptions())
        let found = try await opening.onThread { () throws(StorageError) in
            let description = try StoreDescription.read(in: opening.directory, opening.fileSystem)
            let repair = StorageRepair(
                directory: opening.directory, storeID: try description.storeIDBytes(in: opening.directory),
                options: opening.storageOptions, environment: opening.storageEnvironment)
            return try repair.run(
                catalog: options.catalogDamage.map { .damaged($0) } ?? .walked, isDryRun: options.isDryRun)
        }
        return RepairReport(found)
    }
}

extension RepairReport {
    fileprivate init(_ found: StorageRepairReport) {
        self.init(
            steps: found.steps.map {
                Step(kind: Step.Kind($0.kind.rawValue), path: $0.path, detail: $0.detail)
            }, hasLostCommits: found.isLossy, lostCommits: found.lostLSNs, setAside: found.setAside)
    }
}
