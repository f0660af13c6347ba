#if CommandLineTool
internal import Glibc
internal import SystemPackage

/// Where the bytes of an object go, as the user names it.
///
/// A device or a pipe is written to and stays what it is: a file that took its place would be no device any more. A
/// symbolic link is replaced, whatever it leads to, as every other name is.
enum OutputTarget: Sendable {
    case standardOutput
    case device(FilePath)
    case pipe(FilePath)
    case file(String)

    /// Blocking: call it through ``Offload``.
    ///
    /// - Throws: where something stands there that no object can take the place of.
    init(_ destination: String) throws(CommandFailure) {
        guard destination != "-" else {
            self = .standardOutput
            return
        }
        let path = Surroundings.current.path(destination)
        var status = stat()
        // Safe: `status` is what the call fills in; the call only reads the path, for as long as it takes.
        guard unsafe lstat(path.string, &status) == 0 else {
            // What is wrong with the path is told by who makes the file.
            self = .file(destination)
            return
        }
        switch status.st_mode & S_IFMT {
        case S_IFCHR: self = .device(path)
        case S_IFIFO: self = .pipe(path)
        case S_IFDIR: throw Self.refusal(destination, "is a directory; name a file in it")
        case S_IFSOCK: throw Self.refusal(destination, "is a socket, which is no place for an object; name a file")
        case S_IFBLK:
            throw Self.refusal(destination, "is a disk or a part of one, and would lose what it has; name a file")
        case S_IFLNK where Self.isOfTheSystem(path):
            throw Self.refusal(destination, "is a link of the system's; name a file, or - for standard output")
        default: self = .file(destination)
        }
    }

    /// Such as `/dev/stdout`, which every other program of the machine counts on.
    private static func isOfTheSystem(_ path: FilePath) -> Bool {
        let path = path.lexicallyNormalized()
        return path.starts(with: "/dev") || path.starts(with: "/proc")
    }

    private static func refusal(_ destination: String, _ why: String) -> CommandFailure {
        CommandFailure(.fileExists, "\(quoted(destination)) \(why)")
    }

    /// Ready to be written to. Waits for who reads a pipe, until the task is cancelled.
    func open() async throws(CommandFailure) -> OutputSink {
        switch self {
        case .standardOutput: return .stream(OutputStream(Surroundings.current.output, "-"))
        case .file(let name):
            return .file(try await Offload.run { () throws(CommandFailure) in try OutputFile(name) })
        case .device(let path):
            return .stream(try await Offload.run { () throws(CommandFailure) in try OutputStream(device: path) })
        case .pipe(let path):
            while true {
                let stream = try await Offload.run { () throws(CommandFailure) in try OutputStream(pipe: path) }
                if let stream { return .stream(stream) }
                do {
                    try await Task.sleep(for: .milliseconds(50))
                } catch {
                    throw CommandFailure(.cancelled, "stopped before anybody read \(quoted(path.string))")
                }
            }
        }
    }
}

/// What the bytes of an object are written to.
enum OutputSink: Sendable {
    case file(OutputFile)
    case stream(OutputStream)

    /// Blocking: call it through ``Offload``, one call after the other.
    func append(_ bytes: ArraySlice<UInt8>) throws(CommandFailure) {
        switch self {
        case .file(let file): try file.append(bytes)
        case .stream(let stream): try stream.append(bytes)
        }
    }

    /// All is written. Blocking, like `append`.
    func finish() throws(CommandFailure) {
        if case .file(let file) = self { try file.finish(replacing: .allowed) }
    }
}
#endif
