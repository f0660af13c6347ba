#if CommandLineTool
internal import Glibc
internal import SystemPackage

/// A file or standard input as an object's body, read off the cooperative pool; says how far it is.
struct DescriptorBody: AsyncSequence, Sendable {
    typealias Element = ArraySlice<UInt8>
    typealias Failure = CommandFailure

    /// Below the size from which the allocator maps and unmaps memory for every slice.
    static let sliceBytes = 112 << 10

    private let file: InputFile
    private let onRead: @Sendable (_ bytes: Int) -> Void

    /// - Parameter name: a path, or `-` for standard input.
    init(_ name: String, onRead: @escaping @Sendable (_ bytes: Int) -> Void = { _ in }) async throws(CommandFailure) {
        file = try await Offload.run { () throws(CommandFailure) in try InputFile(name) }
        self.onRead = onRead
    }

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator(file: file, onRead: onRead) }

    struct AsyncIterator: AsyncIteratorProtocol {
        fileprivate let file: InputFile
        fileprivate let onRead: @Sendable (Int) -> Void

        mutating func next() async throws(CommandFailure) -> ArraySlice<UInt8>? {
            try await next(isolation: #isolation)
        }

        mutating func next(
            isolation actor: isolated (any Actor)?
        ) async throws(CommandFailure) -> ArraySlice<UInt8>? {
            let file = self.file
            // Somebody may take hours to type; Ctrl-C must not wait for them.
            while file.mayWait, try await !Offload.run({ () throws(CommandFailure) in try file.isReadable() }) {
                if Task.isCancelled { throw CommandFailure(.cancelled, "stopped; nothing was stored") }
            }
            let bytes = try await Offload.run { () throws(CommandFailure) in try file.read(DescriptorBody.sliceBytes) }
            onRead(bytes.count)
            return bytes.isEmpty ? nil : bytes[...]
        }
    }
}

/// A descriptor that is closed with its last reference.
final class InputFile: Sendable {
    private let descriptor: FileDescriptor
    private let path: FilePath
    private let isStandardInput: Bool

    init(_ name: String) throws(CommandFailure) {
        let surroundings = Surroundings.current
        path = surroundings.path(name)
        isStandardInput = name == "-"
        if isStandardInput {
            descriptor = surroundings.input
            return
        }
        do {
            descriptor = try FileDescriptor.open(path, .readOnly, options: .closeOnExec)
        } catch {
            throw .system("cannot read", path, error as? Errno ?? .ioError)
        }
    }

    deinit {
        // Nothing was written through it, so a failure to close loses nothing.
        if !isStandardInput { try? descriptor.close() }
    }

    /// Whether a read may wait for somebody: a pipe, a terminal.
    var mayWait: Bool { isStandardInput }

    /// Whether there is something to read, or the end; looks for a tenth of a second.
    func isReadable() throws(CommandFailure) -> Bool {
        var descriptor = pollfd(fd: descriptor.rawValue, events: Int16(POLLIN), revents: 0)
        // Safe: one descriptor, which outlives the call.
        let ready = unsafe poll(&descriptor, 1, 100)
        if ready < 0 && errno != EINTR { throw .system("cannot read", path, Errno(rawValue: errno)) }
        return ready > 0
    }

    func read(_ count: Int) throws(CommandFailure) -> [UInt8] {
        do {
            return try unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
                // Safe: the system writes at most the buffer's size and says how much it wrote.
                initialized = try unsafe descriptor.read(into: UnsafeMutableRawBufferPointer(buffer))
            }
        } catch {
            throw .system("cannot read", path, error as? Errno ?? .ioError)
        }
    }
}
#endif
