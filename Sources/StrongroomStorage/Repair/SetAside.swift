package import StrongroomSystem
package import SystemPackage

/// How repair puts away what it replaces: the file stays in its folder as `<name>.aside-<number>`, which no part of the
/// store takes for its own or ever removes. A renaming within one folder is one change of it: no power failure loses
/// the file.
package struct SetAside {
    private let fileSystem: any FileSystem

    private static let mark = ".aside-"

    package init(fileSystem: any FileSystem) { self.fileSystem = fileSystem }

    /// Durable on return.
    ///
    /// - Returns: where the file is now.
    package func callAsFunction(_ path: FilePath) throws(StorageError) -> FilePath {
        let target = try target(path)
        try fileSystem.rename(path, to: target)
        try fileSystem.synchronizeDirectory(path.removingLastComponent())
        return target
    }

    /// The same with a copy; the file stays.
    func copy(_ path: FilePath) throws(StorageError) -> FilePath {
        let target = try target(path)
        let file = try fileSystem.open(path, .readOnly)
        try FileCopy(fileSystem: fileSystem).copy(file, count: try file.sizeBytes(), to: target)
        try fileSystem.synchronizeDirectory(path.removingLastComponent())
        return target
    }

    private func target(_ path: FilePath) throws(StorageError) -> FilePath {
        guard let name = path.lastComponent?.string else { preconditionFailure("a file has a name") }
        let folder = path.removingLastComponent()
        let taken = try fileSystem.list(folder).compactMap { other -> UInt64? in
            guard other.hasPrefix(name + Self.mark) else { return nil }
            // One that somebody made must not be the last one.
            return UInt64(other.dropFirst(name.count + Self.mark.count)).flatMap { $0 < .max >> 1 ? $0 : nil }
        }
        return folder.appending("\(name)\(Self.mark)\((taken.max() ?? 0) + 1)")
    }
}
