internal import CStrongroomShims
internal import Glibc
internal import StrongroomCrypto
package import StrongroomKeys
internal import StrongroomSystem
package import SystemPackage

/// A backend's folder in the keyring, mode 0700, and the files in it, mode 0600.
///
/// It is opened once; every file is reached through that descriptor, so that nobody can exchange the
/// folder in between. Files appear whole or not at all: written under another name, synced, renamed,
/// and the folder synced. All calls block.
package struct KeyringFolder: ~Copyable, Sendable {
    package static let documentName = "keyring"

    package let path: FilePath
    let descriptor: CInt
    private let kind: KeyringKind
    private let before: Hook

    /// Called before each step that changes a file; what it throws takes the place of the step. For tests, which
    /// have each step fail, and the process end at each.
    package typealias Hook = @Sendable (FileStep) throws(KeyBackendError) -> Void
    package static let noHook: Hook = { (_) throws(KeyBackendError) in }

    /// The steps of writing a document, in their order.
    package enum FileStep: String, Sendable, CaseIterable {
        case removeLeftover, createTemporary, writeTemporary, renameTemporary, synchronizeFolder, removeRootKey
    }

    private init(path: FilePath, descriptor: CInt, _ kind: KeyringKind, before: @escaping Hook) {
        self.path = path
        self.descriptor = descriptor
        self.kind = kind
        self.before = before
    }

    /// Opens the folder, and checks that it is nobody else's.
    package static func open(
        keyring: FilePath, _ kind: KeyringKind, before: @escaping Hook = noHook
    ) throws(KeyBackendError) -> KeyringFolder {
        let path = keyring.appending(kind.folderName)
        let folder = KeyringFolder(
            path: path, descriptor: try TrustedPath.openDirectory(path).rawValue, kind, before: before)
        let status = try status(of: folder.descriptor, path)
        guard status.st_uid == geteuid(), status.st_mode & (S_IRWXG | S_IRWXO) == 0 else {
            throw KeyBackendError(
                .unsafePermissions, "Others have access to the keyring folder \(path); chmod 700 '\(path)', and own it."
            )
        }
        return folder
    }

    /// Makes the folder, and the keyring around it, where they are missing.
    package static func create(
        keyring: FilePath, _ kind: KeyringKind, before: @escaping Hook = noHook
    ) throws(KeyBackendError) -> KeyringFolder {
        for directory in [keyring, keyring.appending(kind.folderName)] {
            do throws(Errno) {
                // Safe: the C string lives as long as the closure runs.
                try unsafe retryingInterrupts(directory) { unsafe mkdir($0, 0o700) }
            } catch Errno.fileExists {
                // It is checked when it is opened.
            } catch {
                throw failure("create", directory, error)
            }
            try synchronize(directory.removingLastComponent())
        }
        return try open(keyring: keyring, kind, before: before)
    }

    deinit {
        // A process that is just being spawned has a copy of the descriptor, which would keep the lock until its exec.
        unlock()
        Glibc.close(descriptor)
    }

    /// Keeps other writers of this keyring out until the folder is closed.
    package func lock() throws(KeyBackendError) {
        do throws(Errno) {
            try retryingInterrupts { flock(descriptor, LOCK_EX | LOCK_NB) }
        } catch {
            throw KeyBackendError(
                .unavailable, "Another process is changing the keyring \(path); try again when it is done.",
                underlying: error)
        }
    }

    package func unlock() { flock(descriptor, LOCK_UN) }

    /// Whether there is a keyring. Only ENOENT says that there is none: where a disk's fault or a missing right
    /// passed for absence, a new keyring would be made over one that exists.
    package func hasDocument() throws(KeyBackendError) -> Bool {
        var status = stat()
        // Safe: the structure is ours, and the name is copied for the length of the call.
        if unsafe fstatat(descriptor, Self.documentName, &status, AT_SYMLINK_NOFOLLOW) == 0 { return true }
        guard errno == ENOENT else { throw Self.failure("inspect", path.appending(Self.documentName)) }
        return false
    }

    /// Whether a directory is this folder or lies in it. Directories are compared by device and inode on the way
    /// up to the root, because links and bind mounts give one directory many paths.
    func contains(_ directory: FilePath) throws(KeyBackendError) -> Bool {
        let own = try Self.status(of: descriptor, path)
        var current = try TrustedPath.openDirectory(directory).rawValue
        defer { Glibc.close(current) }
        var status = try Self.status(of: current, directory)
        while status.st_dev != own.st_dev || status.st_ino != own.st_ino {
            // Safe: a literal.
            let parent = try Self.perform("open the parent of", directory) {
                unsafe openat(current, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
            }
            Glibc.close(current)
            current = parent
            let above = try Self.status(of: current, directory)
            // The root is its own parent.
            if above.st_dev == status.st_dev, above.st_ino == status.st_ino { return false }
            status = above
        }
        return true
    }

    /// The bytes of the keyring's document.
    func readDocument() throws(KeyBackendError) -> [UInt8] {
        let file: FileDescriptor
        do {
            file = try TrustedPath.open(path.appending(Self.documentName), .secret)
        } catch  where error.code == .keyringMissing {
            throw KeyBackendError(
                .keyringMissing,
                "There is no keyring in \(path); make one (init), or restore it from a backup.", underlying: error)
        }
        defer { Glibc.close(file.rawValue) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65536)
        while true {
            // Safe: the buffer has the size given.
            let count = unsafe read(file.rawValue, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw Self.failure("read", path.appending(Self.documentName)) }
            if count == 0 { return bytes }
            bytes += buffer[..<count]
            if bytes.count > kind.sizeBytesMax { throw KeyringFile.damaged("it is too large") }
        }
    }

    /// Makes the keyring's document. Never replaces one: with it the keys of every object would be gone.
    package func createDocument(_ bytes: [UInt8]) throws(KeyBackendError) {
        let temporaryName = try writeTemporary(bytes)
        try before(.renameTemporary)
        do throws(Errno) {
            // Safe: names are copied for the length of the call.
            try retryingInterrupts { unsafe strongroom_rename_new(descriptor, temporaryName, Self.documentName) }
        } catch {
            Self.discard(temporaryName, in: descriptor)
            throw cannotCreateDocument(error)
        }
        try before(.synchronizeFolder)
        try Self.perform("sync", path) { fsync(descriptor) }
    }

    /// Replaces the keyring's document.
    func replaceDocument(_ bytes: [UInt8]) throws(KeyBackendError) {
        let temporaryName = try writeTemporary(bytes)
        try before(.renameTemporary)
        // Safe: names are copied for the length of the call.
        try Self.perform("rename", path.appending(temporaryName)) {
            unsafe renameat(descriptor, temporaryName, descriptor, Self.documentName)
        }
        do throws(KeyBackendError) {
            try before(.synchronizeFolder)
            try Self.perform("sync", path) { fsync(descriptor) }
        } catch {
            // For whoever reads the record of it: the change may have happened.
            throw KeyBackendError(
                error.code,
                "The keyring's new document is in its place, but may not survive a power failure: what holds is seen when "
                    + "the keyring is opened next. \(error.message)", underlying: error)
        }
    }

    /// The document as it is, to be overwritten once another is durable in its place.
    func documentToOverwrite() -> ReplacedFile { ReplacedFile(Self.documentName, in: descriptor, path) }

    private func cannotCreateDocument(_ error: Errno) -> KeyBackendError {
        switch error {
        case .fileExists: alreadyExists()
        case .invalidArgument:
            KeyBackendError(
                .unavailable,
                "The file system of \(path) cannot make a file without risk of replacing another; "
                    + "put the keyring on a local file system such as ext4, XFS or Btrfs.", underlying: error)
        default:
            KeyBackendError(
                .unavailable, "Cannot create \(path.appending(Self.documentName)): \(error).", underlying: error)
        }
    }

    func alreadyExists() -> KeyBackendError {
        KeyBackendError(.keyringExists, "There is a keyring in \(path) already; open it, or choose another place.")
    }

    /// Writes the document under another name, durably, and returns that name.
    private func writeTemporary(_ bytes: [UInt8]) throws(KeyBackendError) -> String {
        // It would never be read again.
        guard bytes.count <= kind.sizeBytesMax else {
            throw KeyBackendError(
                .unavailable,
                "The keyring \(path) would have \(bytes.count) bytes, and may have \(kind.sizeBytesMax); take something "
                    + "away first.")
        }
        let temporaryName = Self.documentName + ".new"
        let file = path.appending(temporaryName)
        try before(.removeLeftover)
        // Of a crash; writers are alone here because they hold the lock. Nobody is told of what was never a keyring.
        _ = try remove(temporaryName)
        let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
        try before(.createTemporary)
        // Safe: the name is copied for the length of the call.
        let target = try Self.perform("create", file) { unsafe openat(descriptor, temporaryName, flags, 0o600) }
        do throws(KeyBackendError) {
            defer { Glibc.close(target) }
            try before(.writeTemporary)
            // Safe: bytes have no padding to be read.
            try SecretFile.write(unsafe bytes.span.bytes, to: target, file)
        } catch {
            Self.discard(temporaryName, in: descriptor)
            throw error
        }
        return temporaryName
    }

    /// Removes the root key file that was in force, where it is one that was made in this folder; the document
    /// that names another must be durable.
    ///
    /// Only that one name: another file that looks like ours may be the only copy of somebody's key.
    ///
    /// - Returns: why its bytes could not be overwritten; nil where they were.
    func removeRootKey(
        _ previous: KeyringHeader.RootSource, nowInForce current: KeyringHeader.RootSource
    ) throws(KeyBackendError) -> KeyBackendError? {
        guard previous != current, let name = previous.nameInFolder else { return nil }
        try before(.removeRootKey)
        // Missing where its owner has moved it, and has opened the keyring with the file's new path.
        let remnant = try remove(name)
        try Self.perform("sync", path) { fsync(descriptor) }
        return remnant
    }

    /// Removes a file, if it is there, and overwrites its bytes; returns why they could not be.
    private func remove(_ name: String) throws(KeyBackendError) -> KeyBackendError? {
        let file = ReplacedFile(name, in: descriptor, path)
        do throws(Errno) {
            // Safe: the name is copied for the length of the call.
            try retryingInterrupts { unsafe unlinkat(descriptor, name, 0) }
        } catch Errno.noSuchFileOrDirectory {
            // It is not there.
        } catch {
            throw Self.failure("remove", path.appending(name), error)
        }
        return file.overwrite()
    }

    /// Removes a file that could not be finished, as well as that can be done: what failed before is what is told.
    static func discard(_ name: String, in folder: CInt) {
        // Safe: the name is copied for the length of the call.
        _ = try? retryingInterrupts { unsafe unlinkat(folder, name, 0) }
    }

    private static func status(of descriptor: CInt, _ path: FilePath) throws(KeyBackendError) -> stat {
        var status = stat()
        // Safe: the structure is ours.
        guard unsafe fstat(descriptor, &status) == 0 else { throw failure("inspect", path) }
        return status
    }

    static func synchronize(_ directory: FilePath) throws(KeyBackendError) {
        // Safe: the path is copied for the length of the call.
        let descriptor = try perform("open", directory) {
            unsafe Glibc.open(directory.string, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        }
        defer { Glibc.close(descriptor) }
        try perform("sync", directory) { fsync(descriptor) }
    }

    /// Runs a system call, again as long as a signal interrupts it; `what` and `path` tell of its failure.
    @discardableResult
    static func perform(_ what: String, _ path: FilePath, _ call: () -> CInt) throws(KeyBackendError) -> CInt {
        do throws(Errno) {
            return try retryingInterrupts(call)
        } catch {
            throw failure(what, path, error)
        }
    }

    static func failure(
        _ what: String, _ path: FilePath, _ error: Errno = Errno(rawValue: errno)
    ) -> KeyBackendError {
        KeyBackendError(.unavailable, "Cannot \(what) \(path): \(error).", underlying: error)
    }
}
