internal import StrongroomCrypto
internal import StrongroomKeys
internal import StrongroomSystem
internal import SystemPackage

/// A keyring with the root key that opened it and the file it came from: what can be changed and written
/// back. All calls block.
struct OpenedKeyring: Sendable {
    private(set) var keyring: Keyring
    private var root: RootKeys
    /// As it is on disk, to notice that somebody else has changed it.
    private var documentBytes: [UInt8]
    private let keyringPath: FilePath

    // MARK: - Open and create

    /// Opens the keyring that is there.
    init(opening configuration: borrowing KeyBackendConfiguration) throws(KeyBackendError) {
        keyringPath = try Self.keyringPath(configuration)
        if configuration.settings[S3ManagedKeys.scryptSetting] != nil {
            throw KeyBackendError(
                .invalidRequest, "\(S3ManagedKeys.scryptSetting) is fixed when the keyring is made; leave it out.")
        }
        let folder = try KeyringFolder.open(keyring: keyringPath)
        documentBytes = try folder.readDocument()
        let (document, code) = try KeyringDocument.decode(documentBytes)
        let secret = try RootKeySource.open(document.rootSource, in: folder.path, configuration)
        let keys = try RootKeys(root: secret, keyringID: document.keyringID)
        try keys.verify(document, code: code)
        keyring = try Keyring(opening: document, keys)
        root = keys
    }

    /// Makes a keyring where there is none. Durable when this returns.
    init(
        creating configuration: borrowing KeyBackendConfiguration, _ host: any KeyBackendHost
    ) throws(KeyBackendError) {
        keyringPath = try Self.keyringPath(configuration)
        let folder = try KeyringFolder.create(keyring: keyringPath)
        try folder.lock()
        if try folder.hasDocument() { throw folder.alreadyExists() }
        let id = HostRandom(host: host).bytes(KeyringDocument.identifierSizeBytes)
        let new = try RootKeySource.make(configuration, in: folder, host)
        let keys = try RootKeys(root: new.secret, keyringID: id)
        keyring = try Keyring.make(id: id, source: new.source, root: keys, host)
        documentBytes = try keys.encoded(keyring.document)
        try folder.createDocument(documentBytes)
        root = keys
    }

    // MARK: - Change

    /// Adds a version to a line. Durable when this returns.
    mutating func rotate(_ line: KeyLine, _ host: any KeyBackendHost) throws(KeyBackendError) {
        let folder = try lockUnchanged()
        var changed = keyring
        try changed.addVersion(line, root, host)
        let bytes = try root.encoded(changed.document)
        try folder.replaceDocument(bytes)
        (keyring, documentBytes) = (changed, bytes)
    }

    /// Seals all keys under another root key, in one step.
    mutating func replaceRootKey(
        _ configuration: borrowing KeyBackendConfiguration, _ host: any KeyBackendHost
    ) throws(KeyBackendError) {
        let folder = try lockUnchanged()
        let previous = keyring.document.rootSource
        let new = try RootKeySource.make(configuration, in: folder, host)
        let keys = try RootKeys(root: new.secret, keyringID: keyring.document.keyringID)
        let changed = try keyring.resealed(new.source, keys, host)
        let bytes = try keys.encoded(changed.document)
        try folder.replaceDocument(bytes)
        (keyring, documentBytes, root) = (changed, bytes, keys)
        try folder.removeRootKey(previous, nowInForce: new.source)
    }

    /// Keeps other writers out, and refuses to write over what another process has written.
    private func lockUnchanged() throws(KeyBackendError) -> KeyringFolder {
        let folder = try KeyringFolder.open(keyring: keyringPath)
        try folder.lock()
        guard try folder.readDocument() == documentBytes else {
            throw KeyBackendError(
                .unavailable, "Another process has changed the keyring \(folder.path); open it again to see the change."
            )
        }
        return folder
    }

    private static func keyringPath(
        _ configuration: borrowing KeyBackendConfiguration
    ) throws(KeyBackendError) -> FilePath {
        guard let path = configuration.keyring, path.isAbsolute else {
            throw KeyBackendError(.invalidRequest, "The S3-managed keys need the absolute path of the keyring folder.")
        }
        return path
    }
}
