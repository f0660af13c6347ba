internal import Glibc
package import StrongroomKeys
internal import StrongroomSystem
internal import Synchronization
internal import SystemPackage

/// Says, for as long as it is held, that somebody on this machine has a keyring open.
///
/// For backends that take keys out: a process that opened the keyring before would go on holding the key, and might go
/// on sealing under it what nobody could ever open. So keys are taken out only where nobody else has the keyring open.
/// The file holds nothing; only the lock on it counts. All calls but `release` block.
package final class KeyringUse: Sendable {
    private static let fileName = "in-use"

    private let path: FilePath
    /// Of the lock file; nil once released.
    private let descriptor: Mutex<CInt?>

    package init(_ folder: borrowing KeyringFolder) throws(KeyBackendError) {
        path = folder.path
        let (directory, name) = (folder.descriptor, Self.fileName)
        let flags = O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC
        // Safe: the name is copied for the length of the call.
        let descriptor = try KeyringFolder.perform("open", path.appending(name)) {
            unsafe openat(directory, name, flags, 0o600)
        }
        do throws(Errno) {
            try retryingInterrupts { flock(descriptor, LOCK_SH | LOCK_NB) }
        } catch {
            Glibc.close(descriptor)
            throw Self.failure(
                "A key is being taken out of the keyring \(path); try again in a moment.", path, error)
        }
        self.descriptor = Mutex(descriptor)
    }

    deinit { release() }

    /// Fails where somebody else has the keyring open; afterwards nobody opens it until `share`.
    ///
    /// Only for whoever holds the folder's own lock: a lock changes by being let go, and in that moment another must
    /// not be able to take keys out.
    func excludeOthers() throws(KeyBackendError) {
        try descriptor.withLock { (descriptor) throws(KeyBackendError) in
            guard let descriptor else {
                throw KeyBackendError(.closed, "The keyring \(path) has been closed; open it again.")
            }
            do throws(Errno) {
                try retryingInterrupts { flock(descriptor, LOCK_EX | LOCK_NB) }
            } catch {
                try Self.share(descriptor, path)
                throw Self.failure(
                    "Somebody else has the keyring \(path) open, and would keep the key; close it everywhere else, or "
                        + "ask the process that has it open.", path, error)
            }
        }
    }

    /// Lets others open the keyring again.
    func share() throws(KeyBackendError) {
        try descriptor.withLock { (descriptor) throws(KeyBackendError) in
            if let descriptor { try Self.share(descriptor, path) }
        }
    }

    package func release() {
        descriptor.withLock { descriptor in
            if let descriptor {
                // As for the folder: a copy in a process that is just being spawned would keep the lock.
                flock(descriptor, LOCK_UN)
                Glibc.close(descriptor)
            }
            descriptor = nil
        }
    }

    private static func share(_ descriptor: CInt, _ path: FilePath) throws(KeyBackendError) {
        while flock(descriptor, LOCK_SH) != 0 {
            guard errno == EINTR else { throw KeyringFolder.failure("lock", path.appending(fileName)) }
        }
    }

    /// What a lock that is not to be had means, or why there can be none.
    private static func failure(_ held: String, _ path: FilePath, _ error: Errno) -> KeyBackendError {
        error == .wouldBlock
            ? KeyBackendError(.unavailable, held, underlying: error)
            : KeyringFolder.failure("lock", path.appending(fileName), error)
    }
}
