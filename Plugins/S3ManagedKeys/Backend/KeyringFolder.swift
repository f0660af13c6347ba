internal import Glibc
internal import StrongroomCrypto
internal import StrongroomKeys
internal import StrongroomSystem
internal import SystemPackage

/// The folder `KEYRING/s3-managed`, mode 0700, and the files in it, mode 0600.
///
/// It is opened once; every file is reached through that descriptor, so that nobody can exchange the
/// folder in between. Files appear whole or not at all: written under another name, synced, renamed,
/// and the folder synced. All calls block.
struct KeyringFolder: ~Copyable, Sendable {
    static let documentName = "keyring"

    let path: FilePath
    private let descriptor: CInt

    private init(path: FilePath, descriptor: CInt) {
        self.path = path
        self.descriptor = descriptor
    }

    /// Opens the folder, and checks that it is nobody else's.
    static func open(keyring: FilePath) throws(KeyBackendError) -> KeyringFolder {
        let path = keyring.appending(S3ManagedKeys.folderName)
        let folder = KeyringFolder(path: path, descriptor: try TrustedPath.openDirectory(path).rawValue)
        var status = stat()
        // Safe: the structure is ours.
        guard unsafe fstat(folder.descriptor, &status) == 0 else { throw failure("inspect", path) }
        guard status.st_uid == geteuid(), status.st_mode & (S_IRWXG | S_IRWXO) == 0 else {
            throw KeyBackendError(
                .unsafePermissions, "Others have access to the keyring folder \(path); chmod 700 '\(path)', and own it."
            )
        }
        return folder
    }

    /// Makes the folder, and the keyring around it, where they are missing.
    static func create(keyring: FilePath) throws(KeyBackendError) -> KeyringFolder {
        for directory in [keyring, keyring.appending(S3ManagedKeys.folderName)] {
            // Safe: the path is copied for the length of the call.
            guard unsafe mkdir(directory.string, 0o700) == 0 || errno == EEXIST else {
                throw failure("create", directory)
            }
            try synchronize(directory.removingLastComponent())
        }
        return try open(keyring: keyring)
    }

    deinit { Glibc.close(descriptor) }

    /// Keeps other writers of this keyring out until the folder is closed.
    func lock() throws(KeyBackendError) {
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            throw KeyBackendError(
                .unavailable, "Another process is changing the keyring \(path); try again when it is done.",
                underlying: Errno(rawValue: errno))
        }
    }

    func unlock() { flock(descriptor, LOCK_UN) }

    var hasDocument: Bool {
        // Safe: the name is copied for the length of the call.
        unsafe faccessat(descriptor, Self.documentName, F_OK, AT_SYMLINK_NOFOLLOW) == 0
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
            if bytes.count > KeyringDocument.sizeBytesMax { throw KeyringDocument.damaged("it is too large") }
        }
    }

    /// Replaces the keyring's document, or makes it.
    func writeDocument(_ bytes: [UInt8]) throws(KeyBackendError) {
        // Safe: bytes have no padding to be read.
        try write(unsafe bytes.span.bytes, as: Self.documentName)
    }

    /// Writes a file that appears under its name only once it is whole and durable.
    func write(_ content: RawSpan, as name: String) throws(KeyBackendError) {
        let temporaryName = name + ".new"
        let file = path.appending(temporaryName)
        // A leftover of a crash; writers are alone here because they hold the lock.
        // Safe, here and below: names are copied for the length of the call.
        _ = unsafe unlinkat(descriptor, temporaryName, 0)
        let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
        let target = unsafe openat(descriptor, temporaryName, flags, 0o600)
        guard target >= 0 else { throw Self.failure("create", file) }
        do throws(KeyBackendError) {
            defer { Glibc.close(target) }
            try SecretFile.write(content, to: target, file)
        } catch {
            _ = unsafe unlinkat(descriptor, temporaryName, 0)
            throw error
        }
        guard unsafe renameat(descriptor, temporaryName, descriptor, name) == 0 else {
            throw Self.failure("rename", file)
        }
        guard fsync(descriptor) == 0 else { throw Self.failure("sync", path) }
    }

    /// Removes the root key files of this folder that the document, which must be durable, does not name:
    /// the last one, and what a crash has left.
    func removeRootKeys(except source: KeyringDocument.RootSource) throws(KeyBackendError) {
        for name in try names() where name.hasPrefix("root-") && name.hasSuffix(".key") && source != .file(name) {
            // Safe: the name is copied for the length of the call.
            guard unsafe unlinkat(descriptor, name, 0) == 0 else {
                throw Self.failure("remove", path.appending(name))
            }
        }
        guard fsync(descriptor) == 0 else { throw Self.failure("sync", path) }
    }

    private func names() throws(KeyBackendError) -> [String] {
        // Safe throughout: the stream owns its own descriptor; an entry is copied before the next is read.
        let copy = unsafe openat(descriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard copy >= 0, let stream = unsafe fdopendir(copy) else { throw Self.failure("list", path) }
        defer { unsafe closedir(stream) }
        var names: [String] = []
        while let entry = unsafe readdir(stream) {
            let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            names.append(name)
        }
        return names
    }

    static func synchronize(_ directory: FilePath) throws(KeyBackendError) {
        // Safe: the path is copied for the length of the call.
        let descriptor = unsafe Glibc.open(directory.string, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("open", directory) }
        defer { Glibc.close(descriptor) }
        guard fsync(descriptor) == 0 else { throw failure("sync", directory) }
    }

    static func failure(_ what: String, _ path: FilePath) -> KeyBackendError {
        let error = Errno(rawValue: errno)
        return KeyBackendError(.unavailable, "Cannot \(what) \(path): \(error).", underlying: error)
    }
}
