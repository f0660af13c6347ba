#if CommandLineTool
internal import Strongroom
internal import StrongroomCrypto
internal import SystemPackage

/// Reads a secret from a file or from standard input straight into locked memory.
enum SecretFile {
    /// Longer is no passphrase but a wrong file.
    static let passphraseBytesMax = 1024

    static func passphrase(from name: String) async throws(CommandFailure) -> SharedSecret {
        try await Offload.run { () throws(CommandFailure) in try read(name) }
    }

    private static func read(_ name: String) throws(CommandFailure) -> SharedSecret {
        let path = FilePath(name)
        let descriptor: FileDescriptor
        do {
            descriptor =
                name == "-" ? .standardInput : try FileDescriptor.open(path, .readOnly, options: .closeOnExec)
        } catch {
            throw .system("cannot read the passphrase from", path, error as? Errno ?? .ioError)
        }
        defer { if name != "-" { try? descriptor.close() } }
        var count = 0
        // One byte more than is allowed, to see that there is no more.
        let buffer = try SecretBytes(count: passphraseBytesMax + 1) {
            (span: inout MutableRawSpan) throws(CommandFailure) in
            count = try fill(&span, from: descriptor, path)
        }
        return try take(count, of: buffer, path)
    }

    /// Reads until the span is full or the input ends; says how much there was.
    private static func fill(
        _ span: inout MutableRawSpan, from descriptor: FileDescriptor, _ path: FilePath
    ) throws(CommandFailure) -> Int {
        var count = 0
        while count < span.byteCount {
            let read = unsafe span.withUnsafeMutableBytes { buffer in
                // Safe: within the buffer, which is the span's and outlives the call.
                Result { try unsafe descriptor.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[count...])) }
            }
            switch read {
            case .success(0): return count
            case .success(let more): count += more
            case .failure(let error):
                throw .system("cannot read the passphrase from", path, error as? Errno ?? .ioError)
            }
        }
        return count
    }

    /// The passphrase is the first line: an editor's newline at the end belongs to the file, not to the secret.
    private static func take(
        _ count: Int, of buffer: borrowing SecretBytes, _ path: FilePath
    ) throws(CommandFailure) -> SharedSecret {
        guard count <= passphraseBytesMax else {
            throw CommandFailure(
                .inputOutput, "\(quoted(path.string)) is no passphrase: it has more than \(passphraseBytesMax) bytes")
        }
        let secret = try buffer.withBytes { (bytes: RawSpan) throws(CommandFailure) in
            var length = 0
            // Safe: within the span, and any bit pattern is a UInt8.
            while length < count, unsafe bytes.unsafeLoad(fromByteOffset: length, as: UInt8.self) != UInt8(ascii: "\n")
            {
                length += 1
            }
            do throws(SecretMemoryError) {
                return try SecretBytes(copying: bytes.extracting(0..<length))
            } catch {
                throw CommandFailure(secretMemory: error)
            }
        }
        guard secret.count > 0 else {
            throw CommandFailure(.inputOutput, "the passphrase in \(quoted(path.string)) is empty")
        }
        return SharedSecret(secret)
    }
}

extension CommandFailure: SecretMemoryErrorConvertible {
    init(secretMemory error: SecretMemoryError) {
        self.init(.secretMemory, "\(error)")
    }
}
#endif
