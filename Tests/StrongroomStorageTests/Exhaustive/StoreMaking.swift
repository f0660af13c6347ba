import StrongroomCatalog
import StrongroomSimulation
import StrongroomStorage
import StrongroomSystem
import StrongroomTestSupport
import SystemPackage

/// How a store is made, of nothing or of a backup: the storage's part of it, between the steps that the engine takes.
///
/// The engine takes them on real disks alone (`StoreCreation`, `StoreOpening`, `Store+Restore`). The order is the same
/// here: a mark before anything else, `store.json` once all is durable, and only then the mark goes. A directory with
/// the mark and without `store.json` is cleared, and its making begins anew.
struct StoreMaking: Sendable {
    enum Source: Sendable {
        case nothing
        case backup(BackupContents, upTo: UInt64)
    }

    private static let directory = SimulatedMachine.directory
    private static let description = SimulatedMachine.directory.appending("store.json")
    private static let descriptionBytes = Array("{ a store }\n".utf8)
    private static let folders = ["journal", "catalog", "blobs"]

    let source: Source
    /// Of the journal's salts: no other life of the store may have it.
    let seed: UInt64

    /// As the engine names it.
    private var mark: FilePath {
        switch source {
        case .nothing: Self.directory.appending("CREATING")
        case .backup: Self.directory.appending("RESTORING")
        }
    }

    /// Whether there is a store. Where `store.json` stands, all of it does.
    static func isWhole(_ fileSystem: SimulatedFileSystem) throws -> Bool {
        guard try fileSystem.status(description) != nil else { return false }
        guard fileSystem.contents(of: description) == descriptionBytes else {
            throw Discrepancy("store.json is not what was written")
        }
        for folder in folders where try fileSystem.status(directory.appending(folder))?.kind != .directory {
            throw Discrepancy("there is a store.json, and no \(folder)")
        }
        return true
    }

    /// Makes the store, durable on return.
    ///
    /// - Parameter whenIndexIsAnother: whoever watches the machine has to look at another index from then on.
    func run(
        _ machine: SimulatedMachine, sums: RowSumDefinition?, whenIndexIsAnother: () -> Void
    ) async throws {
        let fileSystem = machine.fileSystem
        let lock = try begin(fileSystem)
        defer { lock.release() }
        // Its file goes with the folder.
        machine.loseIndex()
        whenIndexIsAnother()
        try await fill(machine, sums)
        machine.reopenIndex()
        whenIndexIsAnother()
        try fileSystem.writeWhole(Self.descriptionBytes, to: Self.description)
        try fileSystem.remove(mark)
        try fileSystem.synchronizeDirectory(Self.directory)
    }

    private func fill(_ machine: SimulatedMachine, _ sums: RowSumDefinition?) async throws {
        let environment = StorageEnvironment(
            fileSystem: machine.fileSystem, random: SeededRandom(seed: seed, for: machine.fileSystem),
            clock: machine.clock, makeIndex: { (_, _) throws(StorageError) in machine.index }, sums: sums)
        switch source {
        case .nothing:
            try await EmbeddedStorage.create(
                directory: Self.directory, storeID: SimulatedMachine.storeID, options: machine.options,
                environment: environment)
        case .backup(let contents, let lsn):
            let restore = StorageRestore(
                contents, in: ScriptedBackups.folder, to: Self.directory, storeID: SimulatedMachine.storeID,
                options: machine.options, environment: environment
            ) { _ in true }
            let findings = try restore.run(upTo: lsn).findings.map(\.description)
            guard findings.isEmpty else { throw Discrepancy("the restore finds \(findings)") }
        }
    }

    // MARK: - Beginning

    /// Marks the directory, which is made where there is none, and clears what an interrupted attempt has left in it.
    private func begin(_ fileSystem: SimulatedFileSystem) throws -> any FileLock {
        var isResumed = false
        if try fileSystem.status(Self.directory) != nil {
            isResumed = try fileSystem.status(mark) != nil
            let names = try fileSystem.list(Self.directory).sorted()
            guard isResumed || names.isEmpty else { throw Discrepancy("the engine makes no store beside \(names)") }
        } else {
            try fileSystem.createDirectory(Self.directory)
        }
        try fileSystem.synchronizeDirectory(FilePath("/"))
        let lock = try fileSystem.lockExclusively(mark)
        try fileSystem.synchronizeDirectory(Self.directory)
        if isResumed { try clear(fileSystem) }
        return lock
    }

    private func clear(_ fileSystem: SimulatedFileSystem) throws {
        for name in ["LOCK", "store.json.new"] {
            let path = Self.directory.appending(name)
            if try fileSystem.status(path) != nil { try fileSystem.remove(path) }
        }
        for name in Self.folders {
            let folder = Self.directory.appending(name)
            guard try fileSystem.status(folder) != nil else { continue }
            try empty(folder, fileSystem)
            try fileSystem.removeDirectory(folder)
        }
        try fileSystem.synchronizeDirectory(Self.directory)
        let left = try fileSystem.list(Self.directory).sorted()
        guard left.count == 1 else { throw Discrepancy("the engine does not clear all of \(left)") }
    }

    /// Two levels are all that a store has.
    private func empty(_ folder: FilePath, _ fileSystem: SimulatedFileSystem) throws(StorageError) {
        for name in try fileSystem.list(folder) {
            let entry = folder.appending(name)
            guard try fileSystem.status(entry)?.kind == .directory else {
                try fileSystem.remove(entry)
                continue
            }
            for inner in try fileSystem.list(entry) { try fileSystem.remove(entry.appending(inner)) }
            try fileSystem.removeDirectory(entry)
        }
    }
}
