import Foundation
import SystemPackage

/// A folder of mode 0700 that goes away with its owner.
final class TemporaryFolder: Sendable {
    let path: FilePath

    init() {
        var name = Array("/tmp/strongroom-token-XXXXXX".utf8CString)
        // Safe: a terminated template that outlives the call.
        guard let made = unsafe mkdtemp(&name) else { fatalError("mkdtemp failed: \(Errno(rawValue: errno))") }
        path = unsafe FilePath(String(cString: made))
    }

    deinit { remove() }

    func remove() { try? FileManager.default.removeItem(atPath: path.string) }

    func appending(_ name: String) -> FilePath { path.appending(name) }
}

/// Whole files, for tests.
enum TestFile {
    static func write(_ bytes: some Sequence<UInt8>, to path: FilePath, mode: Int = 0o600) throws {
        try Data(bytes).write(to: URL(filePath: path.string))
        try setMode(mode, of: path)
    }

    static func read(_ path: FilePath) throws -> [UInt8] { Array(try Data(contentsOf: URL(filePath: path.string))) }

    static func setMode(_ mode: Int, of path: FilePath) throws {
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path.string)
    }
}
