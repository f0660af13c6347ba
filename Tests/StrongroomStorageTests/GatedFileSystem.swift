import StrongroomSystem
import SystemPackage

/// A file system in which opening or creating files of one kind passes a gate.
final class GatedFileSystem: FileSystem {
    let gate = Gate()
    private let base: any FileSystem
    private let suffix: String

    init(_ base: any FileSystem, opening suffix: String) {
        self.base = base
        self.suffix = suffix
    }

    func open(_ path: FilePath, _ mode: FileOpenMode) throws(StorageError) -> any StorageFile {
        if path.string.hasSuffix(suffix) { gate.pass() }
        return try base.open(path, mode)
    }

    func createDirectory(_ path: FilePath) throws(StorageError) { try base.createDirectory(path) }
    func list(_ directory: FilePath) throws(StorageError) -> [String] { try base.list(directory) }
    func status(_ path: FilePath) throws(StorageError) -> FileStatus? { try base.status(path) }
    func remove(_ path: FilePath) throws(StorageError) { try base.remove(path) }
    func removeDirectory(_ path: FilePath) throws(StorageError) { try base.removeDirectory(path) }
    func rename(_ source: FilePath, to target: FilePath) throws(StorageError) { try base.rename(source, to: target) }
    func synchronizeDirectory(_ directory: FilePath) throws(StorageError) { try base.synchronizeDirectory(directory) }
    func lockExclusively(_ path: FilePath) throws(StorageError) -> any FileLock { try base.lockExclusively(path) }
}
