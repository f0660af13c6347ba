internal import StrongroomStorage
internal import StrongroomSystem
public import SystemPackage

extension Store {
    /// Mends a store that nobody has open: what an image of the catalog and the journal can rebuild is rebuilt, and
    /// what cannot be read is put away. Nothing is deleted. Needs no key, and opens nothing sealed.
    ///
    /// It mends what keeps a store from opening, its two small files among that, and the catalog. Of damage to the
    /// bytes of objects it knows nothing: ``verify(readingData:progress:)`` names such objects afterwards, and a backup
    /// has them.
    ///
    /// - Throws: ``StoreError/Code/storeInUse``, ``StoreError/Code/notFound``, ``StoreError/Code/corrupted`` where
    ///   nothing is left to rebuild the catalog or one of the small files from, and what the machine refuses. After an
    ///   error it can be repeated.
    public static func repair(
        at path: FilePath, options: RepairOptions = RepairOptions()
    ) async throws(StoreError) -> RepairReport {
        let opening = try StoreOpening(path, StoreOptions())
        let (settings, found) = try await opening.onThread { () throws(StorageError) in
            let settings = try mendSettings(opening, isDryRun: options.isDryRun)
            let path = opening.directory.appending(StoreDescription.fileName)
            // A dry run has mended nothing, and reads what it would have mended it with.
            let isSpareUsed = options.isDryRun && settings.steps.contains { $0.path == path }
            let description = try StoreDescription.read(
                in: opening.directory, opening.fileSystem,
                named: StoreDescription.fileName + (isSpareUsed ? SpareFiles.suffix : ""))
            let repair = StorageRepair(
                directory: opening.directory, storeID: try description.storeIDBytes(in: opening.directory),
                options: opening.storageOptions, environment: opening.storageEnvironment)
            let report = try repair.run(
                catalog: options.catalogDamage.map { .damaged($0) } ?? .walked, isDryRun: options.isDryRun)
            return (settings, report)
        }
        var report = RepairReport(found)
        report.steps = settings.steps + report.steps
        report.setAside = settings.setAside + report.setAside
        return report
    }

    private static func mendSettings(
        _ opening: StoreOpening, isDryRun: Bool
    ) throws(StorageError) -> RepairReport {
        var report = RepairReport(steps: [], hasLostCommits: false, lostCommits: [], setAside: [])
        let (directory, fileSystem) = (opening.directory, opening.fileSystem)
        let spares = SpareFiles(directory: directory, fileSystem: fileSystem)
        var mendable: [(name: String, reason: String)] = []
        for name in SpareFiles.names {
            switch try spares.condition(of: name) {
            case .sound: break
            case .mendable(let reason): mendable.append((name, reason))
            case .lost:
                // Where there never was a store, or not yet, that is said.
                let isStore = try fileSystem.status(directory.appending(StoreDescription.fileName)) != nil
                let isLoss = try StoreCreation.isLoss(in: directory, fileSystem)
                guard isStore || isLoss else { break }
                throw StorageError(
                    .corrupted,
                    "Neither this file nor its second copy can be read, and nothing else in the store has what is in them; "
                        + "restore the store from a backup.", path: directory.appending(name))
            }
        }
        guard !mendable.isEmpty else { return report }
        let lock = try fileSystem.lockExclusively(directory.appending("LOCK"))
        defer { lock.release() }
        for (name, reason) in mendable {
            let path = directory.appending(name)
            report.steps.append(.init(kind: .settingsMended, path: path, detail: reason))
            guard !isDryRun else { continue }
            if try fileSystem.status(path) != nil {
                report.setAside.append(try SetAside(fileSystem: fileSystem)(path))
            }
            try spares.mend(name)
        }
        return report
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
