import Glibc
import SystemPackage

/// A folder of mode 0700 that goes away with its owner.
final class TemporaryFolder: Sendable {
    let path: FilePath

    init() {
        var name = Array("/tmp/strongroom-keys-XXXXXX".utf8CString)
        // Safe: a terminated template that outlives the call.
        guard let made = unsafe mkdtemp(&name) else { fatalError("mkdtemp failed: \(Errno(rawValue: errno))") }
        path = unsafe FilePath(String(cString: made))
    }

    deinit { remove() }

    func remove() { Self.remove(path) }

    private static func remove(_ path: FilePath) {
        var status = stat()
        guard unsafe lstat(path.string, &status) == 0 else { return }
        if status.st_mode & S_IFMT == S_IFDIR {
            _ = unsafe chmod(path.string, 0o700)
            for name in list(path) { remove(path.appending(name)) }
            _ = unsafe rmdir(path.string)
        } else {
            _ = unsafe unlink(path.string)
        }
    }

    /// Names in a folder, sorted.
    static func list(_ path: FilePath) -> [String] {
        guard let directory = unsafe opendir(path.string) else { return [] }
        defer { unsafe closedir(directory) }
        var names: [String] = []
        while let entry = unsafe readdir(directory) {
            let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }
}

/// Whole files, for tests.
enum TestFile {
    static func read(_ path: FilePath) throws -> [UInt8] {
        let file = try FileDescriptor.open(path, .readOnly)
        defer { try? file.close() }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = try unsafe buffer.withUnsafeMutableBytes { try unsafe file.read(into: $0) }
            if count == 0 { return bytes }
            bytes += buffer[..<count]
        }
    }

    static func write(_ bytes: some Sequence<UInt8>, to path: FilePath, mode: CModeT = 0o600) throws {
        let file = try FileDescriptor.open(
            path, .writeOnly, options: [.create, .truncate], permissions: FilePermissions(rawValue: mode))
        defer { try? file.close() }
        try file.writeAll(bytes)
        try setMode(mode, of: path)
    }

    static func setMode(_ mode: CModeT, of path: FilePath) throws {
        guard unsafe chmod(path.string, mode) == 0 else { throw Errno(rawValue: errno) }
    }
}
