import Glibc
import StrongroomSystem
import SystemPackage

/// A directory of a test's own that goes with the last reference.
final class TemporaryDirectory: Sendable {
    let path: FilePath

    init() {
        var template = Array("/tmp/strongroom-test-XXXXXX".utf8CString)
        // Safe: mkdtemp rewrites the six letters in place.
        path = unsafe FilePath(platformString: mkdtemp(&template)!)
    }

    deinit { Self.removeTree(path) }

    private static func removeTree(_ directory: FilePath) {
        let system = PosixFileSystem()
        for name in (try? system.list(directory)) ?? [] {
            let path = directory.appending(name)
            if (try? system.status(path))??.kind == .directory {
                removeTree(path)
            } else {
                try? system.remove(path)
            }
        }
        try? system.removeDirectory(directory)
    }
}
