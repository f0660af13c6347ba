import Glibc
import StrongroomSystem
import Synchronization
import SystemPackage

/// The catalogs that this process has open. LMDB's locks belong to the process: a second environment
/// for the same file would undo the first one's by closing, and then both corrupt it.
enum EnvironmentRegistry {
    struct Identity: Hashable, Sendable {
        let device: UInt64
        let inode: UInt64
    }

    private static let open = Mutex<Set<Identity>>([])

    /// Throws `locked` when this process has the catalog in `directory` open, under whatever path.
    static func claim(_ directory: FilePath) throws(StorageError) -> Identity {
        var status = stat()
        // Safe: the C string and `status` outlive the call.
        let result = unsafe directory.withPlatformString { unsafe stat($0, &status) }
        if result != 0 {
            throw .system(Errno(rawValue: errno), "cannot find the catalog's folder", path: directory)
        }
        let identity = Identity(device: UInt64(status.st_dev), inode: UInt64(status.st_ino))
        guard open.withLock({ $0.insert(identity).inserted }) else {
            throw StorageError(
                .locked, "this process has the catalog open already; use that one or close it first", path: directory)
        }
        return identity
    }

    static func release(_ identity: Identity) {
        let removed = open.withLock { $0.remove(identity) }
        assert(removed != nil, "released a catalog that was not open")
    }
}
