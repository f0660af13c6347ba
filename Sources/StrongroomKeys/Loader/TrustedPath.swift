internal import Glibc
internal import StrongroomSystem
package import SystemPackage

/// Opens files that nobody else could have put there or can change.
///
/// The file and every directory above it must belong to root or to this process's user, and must not be
/// writable by group or others; a sticky directory (such as /tmp) passes, because others cannot replace
/// what is not theirs in it. The walk goes from descriptor to descriptor, so that what was checked is
/// what is opened.
package enum TrustedPath {
    /// How strict to be about the file itself.
    package enum FileRule: Sendable {
        /// Others may read it: a module.
        case notWritableByOthers
        /// Nobody else may even read it, and it has one name only: a key.
        case secret
    }

    /// Opens a regular file for reading, without following a symbolic link at its end.
    package static func open(_ path: FilePath, _ rule: FileRule) throws(KeyBackendError) -> FileDescriptor {
        let directory = try openDirectory(path.removingLastComponent())
        defer { close(directory) }
        guard let name = path.lastComponent?.string, path.isLexicallyNormal else { throw notNormal(path) }
        // O_NONBLOCK: a FIFO in the file's place must not hold us up before fstat can refuse it.
        let descriptor = try openEntry(name, of: directory.rawValue, O_NOFOLLOW | O_NONBLOCK, path)
        do {
            try check(descriptor, path, rule)
        } catch {
            Glibc.close(descriptor)
            throw error
        }
        return FileDescriptor(rawValue: descriptor)
    }

    /// Refuses what `open` does.
    package static func check(_ path: FilePath, _ rule: FileRule) throws(KeyBackendError) {
        close(try open(path, rule))
    }

    /// Opens a directory all of whose ancestors, and itself, pass.
    package static func openDirectory(_ path: FilePath) throws(KeyBackendError) -> FileDescriptor {
        guard path.isAbsolute, path.isLexicallyNormal else { throw notNormal(path) }
        // Links among the ancestors (/lib, /var/run) are resolved first; the walk below then follows none.
        guard let resolved = unsafe realpath(path.string, nil) else { throw cannotOpen(path, Errno(rawValue: errno)) }
        // Safe: realpath returned a terminated string that is ours to free.
        let real = unsafe FilePath(String(cString: resolved))
        unsafe free(resolved)
        var walked = FilePath("/")
        var descriptor = try openEntry("/", of: AT_FDCWD, O_DIRECTORY, walked)
        for component in real.components {
            let directory = descriptor
            defer { Glibc.close(directory) }
            try checkDirectory(directory, walked)
            walked.append(component)
            descriptor = try openEntry(component.string, of: directory, O_DIRECTORY | O_NOFOLLOW, walked)
        }
        do {
            try checkDirectory(descriptor, walked)
        } catch {
            Glibc.close(descriptor)
            throw error
        }
        return FileDescriptor(rawValue: descriptor)
    }

    /// Opens for reading.
    ///
    /// - Parameter path: what `name` is there, for the error.
    private static func openEntry(
        _ name: String, of directory: CInt, _ flags: CInt, _ path: FilePath
    ) throws(KeyBackendError) -> CInt {
        do throws(Errno) {
            // Safe: the name is copied for the length of the call.
            return try retryingInterrupts { unsafe openat(directory, name, flags | O_RDONLY | O_CLOEXEC) }
        } catch {
            throw cannotOpen(path, error)
        }
    }

    private static func checkDirectory(_ descriptor: CInt, _ path: FilePath) throws(KeyBackendError) {
        let status = try status(of: descriptor, path)
        try checkOwner(status, path)
        if status.st_mode & (S_IWGRP | S_IWOTH) != 0, status.st_mode & S_ISVTX == 0 {
            throw KeyBackendError(
                .unsafePermissions, "Others may replace files in \(path); remove their right: chmod go-w '\(path)'.")
        }
    }

    private static func check(_ descriptor: CInt, _ path: FilePath, _ rule: FileRule) throws(KeyBackendError) {
        let status = try status(of: descriptor, path)
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw KeyBackendError(.unsafePermissions, "\(path) is not a regular file; name the file itself.")
        }
        try checkOwner(status, path)
        switch rule {
        case .notWritableByOthers:
            guard status.st_mode & (S_IWGRP | S_IWOTH) == 0 else {
                throw KeyBackendError(
                    .unsafePermissions, "Others may write \(path); remove their right: chmod go-w '\(path)'.")
            }
        case .secret:
            guard status.st_mode & (S_IRWXG | S_IRWXO) == 0 else {
                throw KeyBackendError(
                    .unsafePermissions,
                    "Others may read or write the secret in \(path); chmod 600 '\(path)', or replace it if they have."
                )
            }
            guard status.st_nlink == 1 else {
                throw KeyBackendError(
                    .unsafePermissions,
                    "The secret in \(path) has \(status.st_nlink) names (hard links); remove the others.")
            }
        }
    }

    private static func checkOwner(_ status: stat, _ path: FilePath) throws(KeyBackendError) {
        guard status.st_uid == 0 || status.st_uid == geteuid() else {
            throw KeyBackendError(
                .unsafePermissions,
                "\(path) belongs to user \(status.st_uid), neither to root nor to this process's user \(geteuid()).")
        }
    }

    private static func status(of descriptor: CInt, _ path: FilePath) throws(KeyBackendError) -> stat {
        var status = stat()
        // Safe: the structure is ours and outlives the call.
        guard unsafe fstat(descriptor, &status) == 0 else { throw cannotOpen(path, Errno(rawValue: errno)) }
        return status
    }

    private static func notNormal(_ path: FilePath) -> KeyBackendError {
        KeyBackendError(.invalidRequest, "'\(path)' is not an absolute path without '.' and '..'; give such a path.")
    }

    private static func cannotOpen(_ path: FilePath, _ error: Errno) -> KeyBackendError {
        switch error {
        case .noSuchFileOrDirectory, .notDirectory:
            KeyBackendError(.keyringMissing, "There is no \(path); check the path.", underlying: error)
        case .tooManySymbolicLinkLevels:
            KeyBackendError(.unsafePermissions, "\(path) is a symbolic link; name the file itself.", underlying: error)
        default: KeyBackendError(.unavailable, "Cannot open \(path): \(error).", underlying: error)
        }
    }

    private static func close(_ descriptor: FileDescriptor) { Glibc.close(descriptor.rawValue) }
}
