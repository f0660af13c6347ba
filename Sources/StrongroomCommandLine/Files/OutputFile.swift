#if CommandLineTool
internal import Glibc
internal import SystemPackage

/// A file that appears under its name only when it is whole: written beside it, then renamed. What fails or is
/// interrupted leaves nothing.
///
/// Blocking: call it through ``Offload``.
final class OutputFile {
    private let directory: FileDescriptor
    private let name: String
    private let temporaryName: String
    private let descriptor: FileDescriptor
    private let shownPath: FilePath
    private var finished = false

    /// - Parameter directory: open for as long as the output file is used.
    init(_ name: String, in directory: FileDescriptor, shownPath: FilePath) throws(CommandFailure) {
        self.directory = directory
        self.name = name
        self.shownPath = shownPath
        // Short, whatever the name's length is, and distinct per process and file.
        temporaryName = ".strongroom-\(getpid())-\(UInt32.random(in: 0...UInt32.max)).partial"
        // O_EXCL and O_NOFOLLOW: never through something that stands there already.
        let opened = unsafe openat(
            directory.rawValue, temporaryName, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o644)
        guard opened >= 0 else { throw .system("cannot create", shownPath, Errno(rawValue: errno)) }
        descriptor = FileDescriptor(rawValue: opened)
    }

    deinit {
        if !finished { discard() }
    }

    func append(_ bytes: some Sequence<UInt8>) throws(CommandFailure) {
        do {
            try descriptor.writeAll(bytes)
        } catch {
            throw .system("cannot write", shownPath, error as? Errno ?? .ioError)
        }
    }

    enum Replacing { case allowed, refused }

    /// Gives the file its name. `refused`: something of that name is left as it is, and is an error.
    func finish(replacing: Replacing) throws(CommandFailure) {
        do {
            try descriptor.close()
        } catch {
            throw .system("cannot write", shownPath, error as? Errno ?? .ioError)
        }
        let renamed =
            switch replacing {
            case .allowed: unsafe renameat(directory.rawValue, temporaryName, directory.rawValue, name)
            // A link fails where something of the name is; a rename would replace it.
            case .refused: unsafe linkat(directory.rawValue, temporaryName, directory.rawValue, name, 0)
            }
        guard renamed == 0 else {
            let error = Errno(rawValue: errno)
            if error == .fileExists {
                throw CommandFailure(
                    .fileExists, "\(quoted(shownPath.string)) exists and is left as it is. Export to a new directory")
            }
            throw .system("cannot create", shownPath, error)
        }
        if replacing == .refused { _ = unsafe unlinkat(directory.rawValue, temporaryName, 0) }
        finished = true
    }

    private func discard() {
        try? descriptor.close()
        _ = unsafe unlinkat(directory.rawValue, temporaryName, 0)
    }
}
#endif
