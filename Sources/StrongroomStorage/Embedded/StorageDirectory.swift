internal import StrongroomSystem
internal import SystemPackage

/// The folders of a store that belong to this floor.
struct StorageDirectory: Sendable {
    let root: FilePath

    var lock: FilePath { root.appending("LOCK") }
    var journal: FilePath { root.appending("journal") }
    var blobs: FilePath { root.appending("blobs") }
    var catalog: FilePath { root.appending("catalog") }

    var folders: [FilePath] { [journal, blobs, catalog] }
}
