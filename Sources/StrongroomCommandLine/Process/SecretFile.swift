#if CommandLineTool
internal import Strongroom
internal import StrongroomCrypto
internal import SystemPackage

/// Reads a secret from a file or from standard input straight into locked memory.
enum SecretFile {
    /// Longer is no passphrase but a wrong file.
    static let passphraseBytesMax = 1024

    /// A customer's key: all of the file, which is that long and no longer.
    static func customerKey(from name: String) async throws -> CustomerKey {
        let secret = try await Offload.run { () throws(CommandFailure) in try readKey(name) }
        return try CustomerKey(secret)
    }

    static func passphrase(from name: String) async throws(CommandFailure) -> SharedSecret {
        try await Offload.run { () throws(CommandFailure) in try read(name) }
    }

    private static func read(_ name: String) throws(CommandFailure) -> SharedSecret {
        let (buffer, count) = try contents(of: name, sizeBytesMax: passphraseBytesMax)
        return try take(count, of: buffer.bytes, Surroundings.current.path(name))
    }

    private static func readKey(_ name: String) throws(CommandFailure) -> SharedSecret {
        let (buffer, count) = try contents(of: name, sizeBytesMax: CustomerKey.sizeBytes)
        guard count == CustomerKey.sizeBytes else {
            throw CommandFailure(
                .inputOutput,
                "\(quoted(name)) is no customer key: it has not just \(CustomerKey.sizeBytes) bytes; make one with: "
                    + "head -c \(CustomerKey.sizeBytes) /dev/urandom")
        }
        return SharedSecret(
            try buffer.bytes.withBytes { (bytes: RawSpan) throws(CommandFailure) in
                try copy(of: bytes.extracting(0..<count))
            })
    }

    private static func copy(of bytes: RawSpan) throws(CommandFailure) -> SecretBytes {
        do throws(SecretMemoryError) {
            return try SecretBytes(copying: bytes)
        } catch {
            throw CommandFailure(secretMemory: error)
        }
    }

    /// What the file holds, up to one byte more than is allowed: to see that there is no more.
    private static func contents(
        of name: String, sizeBytesMax: Int
    ) throws(CommandFailure) -> (buffer: SharedSecret, count: Int) {
        let surroundings = Surroundings.current
        let path = surroundings.path(name)
        let descriptor: FileDescriptor
        do {
            descriptor =
                name == "-" ? surroundings.input : try FileDescriptor.open(path, .readOnly, options: .closeOnExec)
        } catch {
            throw .system("cannot read the secret in", path, error as? Errno ?? .ioError)
        }
        defer { if name != "-" { try? descriptor.close() } }
        var count = 0
        let buffer = try SecretBytes(count: sizeBytesMax + 1) {
            (span: inout MutableRawSpan) throws(CommandFailure) in
            count = try fill(&span, from: descriptor, path)
        }
        return (SharedSecret(buffer), count)
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
                throw .system("cannot read the secret in", path, error as? Errno ?? .ioError)
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
            return try copy(of: bytes.extracting(0..<length))
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
