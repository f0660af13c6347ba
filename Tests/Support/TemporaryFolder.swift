internal import Glibc
package import SystemPackage

/// A folder of mode 0700 that goes away with its owner.
package final class TemporaryFolder: Sendable {
    package let path: FilePath

    package init() {
        var name = Array("/tmp/strongroom-test-XXXXXX".utf8CString)
        // Safe: a terminated template that outlives the call.
        guard let made = unsafe mkdtemp(&name) else { fatalError("mkdtemp failed: \(Errno(rawValue: errno))") }
        path = unsafe FilePath(String(cString: made))
    }

    deinit { remove() }

    package func appending(_ name: String) -> FilePath { path.appending(name) }

    package func remove() { Self.remove(path) }

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
    package static func list(_ path: FilePath) -> [String] {
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
