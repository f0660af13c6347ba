#if CommandLineTool
internal import Glibc
internal import StrongroomSystem
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
        try Self.make(path.string, in: AT_FDCWD, shown: path)
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
            try Self.make(component, in: parent.rawValue, shown: shown)
            directory = try Self.open(component, in: parent.rawValue, followLinks: false, shown: shown)
        }
        return (directory, shown)
    }

    /// Where it is missing.
    private static func make(_ name: String, in directory: Int32, shown: FilePath) throws(CommandFailure) {
        do throws(Errno) {
            // Safe: the call only reads the name, for as long as it takes.
            try retryingInterrupts { unsafe mkdirat(directory, name, 0o755) }
        } catch Errno.fileExists {
            // Whether it is a directory is told by who opens it.
        } catch {
            throw .system("cannot create the directory", shown, error)
        }
    }

    private static func open(
        _ name: String, in directory: Int32, followLinks: Bool, shown: FilePath
    ) throws(CommandFailure) -> FileDescriptor {
        let flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC | (followLinks ? 0 : O_NOFOLLOW)
        do throws(Errno) {
            // Safe: the call only reads the name, for as long as it takes.
            let opened = try retryingInterrupts { unsafe openat(directory, name, flags) }
            return FileDescriptor(rawValue: opened)
        } catch {
            if error == .notDirectory || error == .tooManySymbolicLinkLevels {
                throw CommandFailure(
                    .fileExists,
                    "\(quoted(shown.string)) is no directory (or a symbolic link to one) and an object's key needs it "
                        + "to be one. Export to a new directory")
            }
            throw .system("cannot open the directory", shown, error)
        }
    }
}
#endif
