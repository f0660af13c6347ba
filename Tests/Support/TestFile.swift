internal import Glibc
package import SystemPackage

/// Whole files, for tests.
package enum TestFile {
    package static func read(_ path: FilePath) throws -> [UInt8] {
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

    package static func write(_ bytes: some Sequence<UInt8>, to path: FilePath, mode: CModeT = 0o600) throws {
        let file = try FileDescriptor.open(
            path, .writeOnly, options: [.create, .truncate], permissions: FilePermissions(rawValue: mode))
        defer { try? file.close() }
        try file.writeAll(bytes)
        try setMode(mode, of: path)
    }

    package static func setMode(_ mode: CModeT, of path: FilePath) throws {
        guard unsafe chmod(path.string, mode) == 0 else { throw Errno(rawValue: errno) }
    }
}
