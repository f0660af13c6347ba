internal import StrongroomCatalog
internal import StrongroomSimulation
internal import StrongroomStorage
internal import StrongroomSystem
internal import StrongroomTestSupport
internal import SystemPackage

extension JournalCheck {
    private static let options: EmbeddedStorageOptions = {
        var options = EmbeddedStorageOptions.simulated
        options.journal = WrittenJournal.configuration
        return options
    }()

    func checkRepair() throws(StorageError) {
        let disk = try WrittenJournal.disk(files.all)
        let machine = SimulatedMachine(
            found: disk, index: try bounds.index(), clock: ManualClock(), options: Self.options)
        let before = try contents(disk)
        let plan = try unlessRefused { () throws(StorageError) in try machine.repair(isDryRun: true) }
        guard try contents(disk) == before else { finding("a repair changes the journal that was only to be tried") }
        let report = try unlessRefused { () throws(StorageError) in try machine.repair() }
        guard let report else {
            guard !isPlain else { finding("a store is not repaired in which nothing is wrong") }
            return
        }
        guard let plan, plan.steps == report.steps, plan.lostLSNs == report.lostLSNs else {
            finding("a repair does something else than it said")
        }
        guard !isPlain || report.steps.isEmpty else { finding("something is repaired that was written so") }
        try checkRows(machine.index)
        let again = try unlessRefused { () throws(StorageError) in try machine.repair() }
        guard let again else {
            // A forged commit may have changed the catalog's own rows.
            let isSalvaged = report.steps.contains { $0.kind == .journalSalvaged }
            guard isSalvaged, files.isForged else { finding("a store is not repaired that was repaired before") }
            return
        }
        guard again.steps.isEmpty else { finding("a repair leaves something to repair: \(again.steps)") }
    }

    private func contents(_ disk: SimulatedFileSystem) throws(StorageError) -> [String: [UInt8]] {
        var contents: [String: [UInt8]] = [:]
        for name in try disk.list(WrittenJournal.folder) {
            contents[name] = disk.contents(of: WrittenJournal.folder.appending(name))
        }
        return contents
    }

    /// What repair has moved into the catalog.
    private func checkRows(_ index: MemoryIndex) throws(StorageError) {
        guard !files.isForged else { return }
        for (key, row) in try rows(index) {
            let lsn = key.dropFirst().reduce(0 as UInt64) { $0 << 8 | UInt64($1) }
            guard written.records[lsn] != nil, key == SampleCommit.key(lsn),
                row.suffix(8).elementsEqual(SampleCommit.value(lsn))
            else { finding("a row is salvaged that nobody has written") }
        }
    }

    private func rows(_ index: MemoryIndex) throws(StorageError) -> [[UInt8]: [UInt8]] {
        do throws(OrderedIndexReadError<StorageError>) {
            return try index.read { (snapshot) throws(StorageError) in
                var rows: [[UInt8]: [UInt8]] = [:]
                let cursor = try snapshot.cursor()
                var entry = try cursor.seek([0x01])
                while let (key, row) = entry, KeySpace.isEngineKey(key) {
                    rows[key] = row
                    entry = try cursor.next()
                }
                return rows
            }
        } catch {
            switch error {
            case .index(let error), .body(let error): throw error
            }
        }
    }
}
