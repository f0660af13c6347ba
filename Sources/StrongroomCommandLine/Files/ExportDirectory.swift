#if CommandLineTool
internal import Glibc
internal import SystemPackage

/// The directory of an export: files are made below it component by component, each opened relative to the one
/// before and never through a symbolic link, so that neither a hostile key nor a link that stands there leads outside.
///
/// Blocking: call it through ``Offload``.
struct ExportDirectory: Sendable {
    let path: FilePath

    /// Makes the directory where it is missing.
    init(_ path: FilePath) throws(CommandFailure) {
        self.path = path
        // Safe: the call only reads the path, for as long as it takes.
        if unsafe mkdir(path.string, 0o755) != 0, errno != EEXIST {
            throw .system("cannot create the directory", path, Errno(rawValue: errno))
        }
        let descriptor = try Self.open(path.string, in: AT_FDCWD, followLinks: true, shown: path)
        try? descriptor.close()
    }

    /// Starts a file and makes the directories above it.
    func create(_ name: ExportName) throws(CommandFailure) -> OutputFile {
        let (directory, shown) = try makeDirectories(of: name)
        let last = name.components[name.components.count - 1]
        return try OutputFile(last, in: directory, shownPath: shown.appending(last))
    }

    /// Makes the directory that the name is, where it is missing.
    func createDirectory(_ name: ExportName) throws(CommandFailure) {
        let directory = try makeDirectories(of: name).opened
        try? directory.close()
    }

    private func makeDirectories(
        of name: ExportName
    ) throws(CommandFailure) -> (opened: FileDescriptor, shown: FilePath) {
        var directory = try Self.open(path.string, in: AT_FDCWD, followLinks: true, shown: path)
        var shown = path
        for component in name.directories {
            shown.append(component)
            let parent = directory
            defer { try? parent.close() }
            // Safe: the call only reads the names, for as long as it takes.
            if unsafe mkdirat(parent.rawValue, component, 0o755) != 0, errno != EEXIST {
                throw .system("cannot create the directory", shown, Errno(rawValue: errno))
            }
            directory = try Self.open(component, in: parent.rawValue, followLinks: false, shown: shown)
        }
        return (directory, shown)
    }

    private static func open(
        _ name: String, in directory: Int32, followLinks: Bool, shown: FilePath
    ) throws(CommandFailure) -> FileDescriptor {
        let flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC | (followLinks ? 0 : O_NOFOLLOW)
        // Safe: the call only reads the names, for as long as it takes.
        let opened = unsafe openat(directory, name, flags)
        guard opened >= 0 else {
            let error = Errno(rawValue: errno)
            if error == .notDirectory || error == .tooManySymbolicLinkLevels {
                throw CommandFailure(
                    .fileExists,
                    "\(quoted(shown.string)) is no directory (or a symbolic link to one) and an object's key needs it "
                        + "to be one. Export to a new directory")
            }
            throw .system("cannot open the directory", shown, error)
        }
        return FileDescriptor(rawValue: opened)
    }
}
#endif
