internal import Strongroom
internal import StrongroomKeys
internal import StrongroomSystem
internal import SystemPackage

#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif

/// A new directory that only this user can enter, for one store and the keyring beside it. Its calls block.
struct TemporaryDirectory: Sendable {
    let path: FilePath

    /// The system's place for temporary files.
    static var systemPlace: FilePath { FilePath(FileManager.default.temporaryDirectory.path) }

    var store: FilePath { path.appending("store") }

    /// - Throws: what the machine refuses.
    init(below parent: FilePath) throws(StorageError) {
        let name = "strongroom-testing-\(Hexadecimal.encode(SystemRandom().bytes(16)))"
        path = parent.appending(name)
        try PosixFileSystem().createDirectory(path)
    }

    /// Removes the directory with all that is in it.
    ///
    /// - Throws: `inputOutput`; also where it is not where it was made, because then it was moved, keys and all.
    func remove() throws(StoreError) {
        do {
            try FileManager.default.removeItem(atPath: path.string)
        } catch {
            throw StoreError(
                .inputOutput,
                "The temporary store at \(path) cannot be removed; remove it yourself, for its keys lie beside it.",
                underlying: error)
        }
    }
}
