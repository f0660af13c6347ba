package import SystemPackage

#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif

/// Where a store is, and its keyring: beside it, unless another place is named.
package struct StorePlace {
    /// The store's directory.
    package let directory: FilePath
    /// The keyring's directory.
    package let keyring: FilePath

    /// Both as `Store.open(at:options:)` takes them.
    package init(_ path: FilePath, keyring: FilePath? = nil) throws(StoreError) {
        directory = try Self.absolute(path)
        self.keyring = try Self.absolute(keyring ?? FilePath(directory.string + ".keyring"))
    }

    /// Lexically normal and absolute, so that the process may change its directory later.
    static func absolute(_ path: FilePath) throws(StoreError) -> FilePath {
        guard !path.isEmpty else { throw StoreError(.invalidArgument, "The path is empty.") }
        guard path.isRelative else { return path.lexicallyNormalized() }
        let current = FilePath(FileManager.default.currentDirectoryPath)
        guard current.isAbsolute else {
            throw StoreError(.notFound, "The process's current directory is gone; give an absolute path.")
        }
        return current.pushing(path).lexicallyNormalized()
    }
}
