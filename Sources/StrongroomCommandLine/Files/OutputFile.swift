#if CommandLineTool
internal import Glibc
internal import StrongroomSystem
internal import SystemPackage

/// A file that appears under its name only when it is whole: written beside it, then renamed. What fails or is
/// interrupted leaves nothing.
///
/// Blocking: call it through ``Offload``.
///
/// Used by one caller at a time, one call after the other.
final class OutputFile: @unchecked Sendable {
    // Safe to send: the flags are touched only by the one caller of the moment and, after the last, by deinit.

    private let directory: FileDescriptor
    private let name: String
    private let temporaryName: String
    private let descriptor: FileDescriptor
    private let shownPath: FilePath
    private var isOpen = true
    private var hasItsName = false

    /// A file of the user's choosing, in a directory that exists.
    convenience init(_ destination: String) throws(CommandFailure) {
        let path = Surroundings.current.path(destination)
        guard let name = path.lastComponent, name.kind == .regular else {
            throw CommandFailure(.inputOutput, "\(quoted(destination)) is no file name")
        }
        let above = path.removingLastComponent()
        let directory: FileDescriptor
        do {
            directory = try FileDescriptor.open(
                above.isEmpty ? "." : above, .readOnly, options: [.closeOnExec, .directory])
        } catch {
            throw .system("cannot open the directory", above, error as? Errno ?? .ioError)
        }
        try self.init(name.string, in: directory, shownPath: path)
    }

    /// - Parameter directory: belongs to the output file from here on.
    init(_ name: String, in directory: FileDescriptor, shownPath: FilePath) throws(CommandFailure) {
        self.directory = directory
        self.name = name
        self.shownPath = shownPath
        // Short, whatever the name's length is, and distinct per process and file.
        let temporaryName = ".strongroom-\(getpid())-\(UInt32.random(in: 0...UInt32.max)).partial"
        self.temporaryName = temporaryName
        // O_EXCL and O_NOFOLLOW: never through something that stands there already.
        let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
        do throws(Errno) {
            // Safe: the call only reads the name, for as long as it takes.
            let opened = try retryingInterrupts { unsafe openat(directory.rawValue, temporaryName, flags, 0o644) }
            descriptor = FileDescriptor(rawValue: opened)
        } catch {
            try? directory.close()
            throw .system("cannot create", shownPath, error)
        }
    }

    deinit {
        if isOpen { try? descriptor.close() }
        if !hasItsName { try? removeTemporary() }
        try? directory.close()
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
        isOpen = false
        do {
            try descriptor.close()
        } catch {
            throw .system("cannot write", shownPath, error as? Errno ?? .ioError)
        }
        do throws(Errno) {
            // Safe: the calls only read the names, for as long as they take.
            try retryingInterrupts { () -> Int32 in
                switch replacing {
                case .allowed: unsafe renameat(directory.rawValue, temporaryName, directory.rawValue, name)
                // A link fails where something of the name is; a rename would replace it.
                case .refused: unsafe linkat(directory.rawValue, temporaryName, directory.rawValue, name, 0)
                }
            }
        } catch Errno.fileExists {
            throw CommandFailure(
                .fileExists, "\(quoted(shownPath.string)) exists and is left as it is; name another place")
        } catch {
            throw .system("cannot create", shownPath, error)
        }
        if replacing == .refused { try removeTemporary() }
        hasItsName = true
    }

    private func removeTemporary() throws(CommandFailure) {
        do throws(Errno) {
            // Safe: the call only reads the name, for as long as it takes.
            try retryingInterrupts { unsafe unlinkat(directory.rawValue, temporaryName, 0) }
        } catch Errno.noSuchFileOrDirectory {
            // It is gone, as it should be.
        } catch {
            throw .system("cannot remove", shownPath.removingLastComponent().appending(temporaryName), error)
        }
    }
}
#endif
