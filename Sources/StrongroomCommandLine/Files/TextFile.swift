#if CommandLineTool
internal import SystemPackage

/// A file of text, whole.
enum TextFile {
    /// No configuration of ours is nearly as large.
    static let configurationBytesMax = 1 << 20

    static func readIfPresent(
        _ path: FilePath, bytesMax: Int = configurationBytesMax
    ) throws(CommandFailure) -> String? {
        do {
            let descriptor = try FileDescriptor.open(path, .readOnly, options: .closeOnExec)
            defer { try? descriptor.close() }
            return try read(descriptor, path, bytesMax)
        } catch let error as CommandFailure {
            throw error
        } catch Errno.noSuchFileOrDirectory {
            return nil
        } catch {
            throw .system("cannot read", path, error as? Errno ?? .ioError)
        }
    }

    /// A file that has to be there; - is standard input.
    static func read(_ name: String, bytesMax: Int = configurationBytesMax) throws(CommandFailure) -> String {
        guard name == "-" else {
            if let text = try readIfPresent(Surroundings.current.path(name), bytesMax: bytesMax) { return text }
            throw CommandFailure(.notFound, "there is no file \(quoted(name)); name one that is there")
        }
        do {
            return try read(Surroundings.current.input, FilePath(name), bytesMax)
        } catch let error as CommandFailure {
            throw error
        } catch {
            throw .system("cannot read", FilePath(name), error as? Errno ?? .ioError)
        }
    }

    /// The same for a task: read on a thread that may wait.
    static func contents(of name: String) async throws(CommandFailure) -> String {
        try await Offload.run { () throws(CommandFailure) in try read(name) }
    }

    /// Nil where no file is named.
    static func contents(ifNamed name: String?) async throws(CommandFailure) -> String? {
        guard let name else { return nil }
        return try await contents(of: name)
    }

    private static func read(_ descriptor: FileDescriptor, _ path: FilePath, _ bytesMax: Int) throws -> String {
        let bytes = try FileBytes.read(descriptor, bytesMax)
        guard bytes.count <= bytesMax, let text = String(validating: bytes, as: UTF8.self) else {
            throw CommandFailure(.inputOutput, "\(quoted(path.string)) is no text of at most \(bytesMax) bytes")
        }
        return text
    }
}

/// What a file holds.
enum FileBytes {
    /// All of it, or more than `bytesMax` where it is longer than that.
    static func read(_ descriptor: FileDescriptor, _ bytesMax: Int) throws -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count <= bytesMax {
            let part = try unsafe [UInt8](unsafeUninitializedCapacity: 64 << 10) { buffer, initialized in
                // Safe: the system writes at most the buffer's size and says how much it wrote.
                initialized = try unsafe descriptor.read(into: UnsafeMutableRawBufferPointer(buffer))
            }
            if part.isEmpty { break }
            bytes += part
        }
        return bytes
    }
}
#endif
