package import StrongroomSystem
package import SystemPackage

/// A file system in which opening or creating files of one kind passes a gate.
package final class GatedFileSystem: FileSystem {
    package let gate = Gate()
    private let base: any FileSystem
    private let suffix: String

    package init(_ base: any FileSystem, opening suffix: String) {
        self.base = base
        self.suffix = suffix
    }

    package func open(_ path: FilePath, _ mode: FileOpenMode) throws(StorageError) -> any StorageFile {
        if path.string.hasSuffix(suffix) { gate.pass() }
        return try base.open(path, mode)
    }

    package func createDirectory(_ path: FilePath) throws(StorageError) { try base.createDirectory(path) }
    package func list(_ directory: FilePath) throws(StorageError) -> [String] { try base.list(directory) }
    package func status(_ path: FilePath) throws(StorageError) -> FileStatus? { try base.status(path) }
    package func remove(_ path: FilePath) throws(StorageError) { try base.remove(path) }
    package func removeDirectory(_ path: FilePath) throws(StorageError) { try base.removeDirectory(path) }
    package func rename(_ source: FilePath, to target: FilePath) throws(StorageError) {
        try base.rename(source, to: target)
    }
    package func synchronizeDirectory(_ directory: FilePath) throws(StorageError) {
        try base.synchronizeDirectory(directory)
    }
    package func lockExclusively(_ path: FilePath) throws(StorageError) -> any FileLock {
        try base.lockExclusively(path)
    }
}
