internal import StrongroomCrypto
internal import StrongroomKeys
internal import StrongroomS3ManagedKeys
internal import StrongroomSystem
internal import SystemPackage

/// A keyring with the root key that opened it and the file it came from: what can be changed and written
/// back. All calls block.
///
/// Invariant: what it holds is durable, and is what the file held when it was last read or written.
struct ServiceKeyring: Sendable {
    static let folderName: FilePath.Component = "kms"
    private static let purpose = "kms"

    private(set) var document: ServiceDocument
    private(set) var sealer: MaterialSealer
    /// As it is on disk, to notice that somebody else has changed it.
    private var documentBytes: [UInt8]
    private let path: FilePath
    private let before: KeyringFolder.Hook

    // MARK: - Open and create

    /// Opens the keyring that is there.
    init(
        opening configuration: borrowing KeyBackendConfiguration, before: @escaping KeyringFolder.Hook
    ) throws(KeyBackendError) {
        path = try Self.path(configuration)
        self.before = before
        let folder = try KeyringFolder.open(keyring: path, name: Self.folderName, before: before)
        documentBytes = try folder.readDocument(sizeBytesMax: ServiceDocument.sizeBytesMax)
        let decoded = try ServiceDocument.decode(documentBytes)
        document = decoded.document
        let secret = try RootKeySource.open(document.rootSource, in: folder.path, configuration)
        let root = try RootKeys(root: secret, keyringID: document.keyringID, purpose: Self.purpose)
        try root.verify(
            decoded.authenticatedBytes, code: decoded.code, checkValue: document.checkValue,
            source: document.rootSource)
        sealer = MaterialSealer(keyringID: document.keyringID, root: root)
    }

    /// Makes a keyring where there is none, with the default key. Durable when this returns.
    init(
        creating configuration: borrowing KeyBackendConfiguration, owner: KeyOwner, _ host: any KeyBackendHost,
        before: @escaping KeyringFolder.Hook
    ) throws(KeyBackendError) {
        path = try Self.path(configuration)
        self.before = before
        let folder = try KeyringFolder.create(keyring: path, name: Self.folderName, before: before)
        try folder.lock()
        if try folder.hasDocument() { throw folder.alreadyExists() }
        let id = HostRandom(host: host).bytes(KeyringDocument.identifierSizeBytes)
        let new = try RootKeySource.make(configuration, in: folder, host)
        let root = try RootKeys(root: new.secret, keyringID: id, purpose: Self.purpose)
        sealer = MaterialSealer(keyringID: id, root: root)
        document = ServiceDocument(
            keyringID: id, createdMilliseconds: host.wallMilliseconds(), rootSource: new.source,
            checkValue: root.checkValue, registry: try Self.firstRegistry(owner, sealer, host))
        documentBytes = try Self.encoded(document, root)
        try folder.createDocument(documentBytes)
    }

    private static func firstRegistry(
        _ owner: KeyOwner, _ sealer: MaterialSealer, _ host: any KeyBackendHost
    ) throws(KeyBackendError) -> KeyRegistry {
        let now = host.wallMilliseconds()
        let id = KeyID(random: HostRandom(host: host).bytes(KeyID.sizeBytes))
        let key = KeyRecord(
            id: id, createdMilliseconds: now, manager: .service,
            keyDescription: "Protects objects where no other key is named", materials: [try sealer.make(for: id, host)])
        var registry = KeyRegistry(owner: owner)
        do throws(KeyServiceError) {
            try registry.insert(key)
            try registry.insert(
                AliasRecord(name: .defaultKey, keyID: id, createdMilliseconds: now, updatedMilliseconds: now))
        } catch {
            throw KeyBackendError(error)
        }
        return registry
    }

    // MARK: - Change

    /// Changes the registry, and returns what `body` does. Durable when this returns; where it throws before the last
    /// step, nothing has changed.
    mutating func change<Value>(
        _ body: (inout KeyRegistry, MaterialSealer) throws(KeyServiceError) -> Value
    ) throws(KeyServiceError) -> Value {
        var changed = document
        let value = try body(&changed.registry, sealer)
        do throws(KeyBackendError) {
            let folder = try lockUnchanged()
            try replace(with: changed, sealer, in: folder)
        } catch {
            throw KeyServiceError(error)
        }
        return value
    }

    /// Seals all materials under another root key, in one step.
    mutating func replaceRootKey(
        _ configuration: borrowing KeyBackendConfiguration, _ host: any KeyBackendHost
    ) throws(KeyBackendError) {
        let folder = try lockUnchanged()
        let previous = document.rootSource
        let new = try RootKeySource.make(configuration, in: folder, host)
        let root = try RootKeys(root: new.secret, keyringID: document.keyringID, purpose: Self.purpose)
        let other = MaterialSealer(keyringID: document.keyringID, root: root)
        var changed = document
        (changed.rootSource, changed.checkValue) = (new.source, root.checkValue)
        try changed.registry.reseal { [sealer] (key, material) throws(KeyBackendError) in
            try sealer.reseal(material, of: key.id, under: other, host)
        }
        try replace(with: changed, other, in: folder)
        try folder.removeRootKey(previous, nowInForce: new.source)
    }

    private mutating func replace(
        with changed: ServiceDocument, _ sealer: MaterialSealer, in folder: borrowing KeyringFolder
    ) throws(KeyBackendError) {
        let bytes = try Self.encoded(changed, sealer.root)
        try folder.replaceDocument(bytes)
        (document, documentBytes, self.sealer) = (changed, bytes, sealer)
    }

    /// Keeps other writers out, and refuses to write over what another process has written.
    private func lockUnchanged() throws(KeyBackendError) -> KeyringFolder {
        let folder = try KeyringFolder.open(keyring: path, name: Self.folderName, before: before)
        try folder.lock()
        guard try folder.readDocument(sizeBytesMax: ServiceDocument.sizeBytesMax) == documentBytes else {
            throw KeyBackendError(
                .unavailable, "Another process has changed the keyring \(folder.path); open it again to see the change."
            )
        }
        return folder
    }

    private static func encoded(_ document: ServiceDocument, _ root: RootKeys) throws(KeyBackendError) -> [UInt8] {
        let bytes = document.authenticatedBytes
        return ServiceDocument.encoded(bytes, code: try root.code(for: bytes))
    }

    private static func path(_ configuration: borrowing KeyBackendConfiguration) throws(KeyBackendError) -> FilePath {
        guard let path = configuration.keyring, path.isAbsolute else {
            throw KeyBackendError(.invalidRequest, "The key service needs the absolute path of the keyring folder.")
        }
        return path
    }
}
