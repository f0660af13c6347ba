package import StrongroomSystem
package import SystemPackage

/// Paths of all blob files of a store.
package func blobFiles(_ fileSystem: any FileSystem, _ store: FilePath) throws -> [FilePath] {
    let blobs = store.appending("blobs")
    return try fileSystem.list(blobs).flatMap { try files(in: blobs.appending($0), fileSystem) }
}

/// None where the folder is gone: the store removes it once it is empty.
private func files(in folder: FilePath, _ fileSystem: any FileSystem) throws(StorageError) -> [FilePath] {
    do throws(StorageError) {
        return try fileSystem.list(folder).map { folder.appending($0) }
    } catch  where error.code == .notFound {
        return []
    }
}
