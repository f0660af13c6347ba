import Foundation
import StrongroomSimulation
import StrongroomStorage
import StrongroomSystem
import StrongroomTestSupport
import SystemPackage

/// The folder of backups on a simulated disk, with what describes each of them: written last and as a whole, as the
/// engine does it (`BackupArchive`, `BackupManifest`), which names the store's keys there besides.
struct ScriptedBackups: Sendable {
    static let folder = FilePath("/backups")
    private static let manifests = FilePath("/backups/manifests")

    let fileSystem: SimulatedFileSystem

    /// Makes the folder where there is none.
    func prepare() throws(StorageError) {
        guard try fileSystem.status(Self.folder) == nil else { return }
        try fileSystem.createDirectory(Self.folder)
        try fileSystem.synchronizeDirectory(FilePath("/"))
    }

    /// What counts as backups, the oldest first.
    func found() throws -> [BackupContents] {
        guard try fileSystem.status(Self.manifests) != nil else { return [] }
        // One digit each.
        let names = try fileSystem.list(Self.manifests).filter { $0.hasSuffix(".json") }.sorted()
        return try names.map { name in
            let bytes = fileSystem.contents(of: Self.manifests.appending(name))
            return try JSONDecoder().decode(BackupContents.self, from: Data(bytes))
        }
    }

    /// From then on it counts as a backup. Durable on return.
    func add(_ contents: BackupContents, number: Int) throws {
        precondition((1...9).contains(number), "a scenario makes a few backups")
        if try fileSystem.status(Self.manifests) == nil {
            try fileSystem.createDirectory(Self.manifests)
            try fileSystem.synchronizeDirectory(Self.folder)
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let bytes = Array(try encoder.encode(contents))
        try fileSystem.writeWhole(bytes, to: Self.manifests.appending("\(number).json"))
    }
}

/// A backup as whoever made it knows it.
struct MadeBackup: Sendable {
    let contents: BackupContents
    /// The store as of the backup's last commit.
    let model: StoreModel
}

/// The backups of a scenario so far.
struct BackupRecord: Sendable {
    /// Each of them from before it counts as one.
    var made: [MadeBackup] = []
    /// Those of which somebody was told.
    var acknowledged: [BackupContents] = []
}

extension FileSystem {
    /// As the engine writes its small files: under another name, durable, and only then in their place.
    func writeWhole(_ bytes: [UInt8], to path: FilePath) throws(StorageError) {
        let new = FilePath(path.string + ".new")
        if try status(new) != nil { try remove(new) }
        let file = try open(new, .create)
        defer { file.close() }
        try file.write(bytes, at: 0)
        try file.synchronizeData()
        try rename(new, to: path)
        try synchronizeDirectory(path.removingLastComponent())
    }
}
