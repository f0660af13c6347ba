internal import Glibc
package import StrongroomCrypto
package import StrongroomKeys
package import SystemPackage

/// Files with a secret: mode 0600, one name, nobody else's. A root key file has 32 random bytes. All calls block.
package enum SecretFile {
    /// Reads a root key into locked memory, past every buffer of ours.
    static func readRootKey(_ path: FilePath) throws(KeyBackendError) -> SecretBytes {
        try read(path) { (sizeBytes) throws(KeyBackendError) in
            guard sizeBytes == RootKeys.rootSizeBytes else {
                throw KeyBackendError(
                    .keyringDamaged,
                    "\(path) has \(sizeBytes) bytes, and a root key has \(RootKeys.rootSizeBytes); "
                        + "restore it from a backup, or name the right file.")
            }
        }
    }

    /// Reads a file of any content into locked memory, past every buffer of ours.
    package static func read(_ path: FilePath, sizeBytesMax: Int) throws(KeyBackendError) -> SecretBytes {
        try read(path) { (sizeBytes) throws(KeyBackendError) in
            guard (1...sizeBytesMax).contains(sizeBytes) else {
                throw KeyBackendError(
                    .invalidRequest, "\(path) has \(sizeBytes) bytes; it may have 1 to \(sizeBytesMax).")
            }
        }
    }

    private static func read(
        _ path: FilePath, check: (Int) throws(KeyBackendError) -> Void
    ) throws(KeyBackendError) -> SecretBytes {
        let file = try TrustedPath.open(path, .secret)
        defer { Glibc.close(file.rawValue) }
        var status = stat()
        // Safe: the structure is ours.
        guard unsafe fstat(file.rawValue, &status) == 0 else { throw KeyringFolder.failure("inspect", path) }
        let sizeBytes = Int(status.st_size)
        try check(sizeBytes)
        return try SecretBytes(count: sizeBytes) { (room: inout MutableRawSpan) throws(KeyBackendError) in
            try unsafe room.withUnsafeMutableBytes { (room) throws(KeyBackendError) in
                var filled = 0
                while filled < room.count {
                    // Safe: within the room.
                    let count = unsafe Glibc.read(file.rawValue, room.baseAddress! + filled, room.count - filled)
                    if count < 0, errno == EINTR { continue }
                    guard count > 0 else { throw KeyringFolder.failure("read", path) }
                    filled += count
                }
            }
        }
    }

    /// Makes a root key file where there is none; durable when this returns.
    static func createRootKey(
        _ root: borrowing SecretBytes, at path: FilePath
    ) throws(KeyBackendError) {
        let directory = try TrustedPath.openDirectory(path.removingLastComponent())
        defer { Glibc.close(directory.rawValue) }
        guard let name = path.lastComponent?.string else {
            throw KeyBackendError(.invalidRequest, "'\(path)' is no path of a file.")
        }
        let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
        // Safe: the name is copied for the length of the call.
        let file = try KeyringFolder.perform("create", path) { unsafe openat(directory.rawValue, name, flags, 0o600) }
        do throws(KeyBackendError) {
            defer { Glibc.close(file) }
            try root.withBytes { (bytes) throws(KeyBackendError) in try write(bytes, to: file, path) }
            try KeyringFolder.perform("sync", path) { fsync(directory.rawValue) }
        } catch {
            KeyringFolder.discard(name, in: directory.rawValue)
            throw error
        }
    }

    /// Writes and syncs.
    static func write(_ content: RawSpan, to descriptor: CInt, _ path: FilePath) throws(KeyBackendError) {
        try unsafe content.withUnsafeBytes { (content) throws(KeyBackendError) in
            var written = 0
            while written < content.count {
                // Safe: within the content.
                let count = unsafe Glibc.write(descriptor, content.baseAddress! + written, content.count - written)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { throw KeyringFolder.failure("write", path) }
                written += count
            }
        }
        try KeyringFolder.perform("sync", path) { fsync(descriptor) }
    }
}
