internal import StrongroomCrypto
internal import StrongroomKeyring
internal import StrongroomKeys
internal import StrongroomSystem

/// An opened keyring of the service: its document, and what opens the materials in it, which stay sealed until they
/// are used.
struct ServiceKeyring: KeyringContent {
    /// Label and magic are part of the keyring's format and must not change. 100,000 keys with all their rotations and
    /// descriptions are below the size; with policies and grants to the limit as well they would not be, and the change
    /// that crosses it is refused.
    static let kind = KeyringKind(
        title: "KMS keys", folderName: KeyService.folderName, label: "kms", magic: "SR-KMKEY", sizeBytesMax: 2 << 30)

    var document: ServiceDocument {
        didSet { dueMilliseconds = document.registry.dueMilliseconds }
    }
    /// When the next thing is due, in milliseconds since 1970.
    private(set) var dueMilliseconds: Int64
    let sealer: MaterialSealer

    var file: KeyringFile { document.file }
    var keyringID: [UInt8] { document.header.keyringID }
    var registry: KeyRegistry { document.registry }

    /// A keyring with the default key, of the owner that the settings name.
    static func make(
        _ header: KeyringHeader, _ settings: [String: String], _ root: RootKeys, _ host: any KeyBackendHost
    ) throws(KeyBackendError) -> ServiceKeyring {
        let sealer = MaterialSealer(root: root)
        let registry = try firstRegistry(try KeyServiceSettings.owner(settings), sealer, host)
        let seed = try sealer.makeAuditSeed(host)
        return ServiceKeyring(
            document: ServiceDocument(header: header, registry: registry, sealedAuditSeed: seed), sealer: sealer)
    }

    private init(document: ServiceDocument, sealer: MaterialSealer) {
        self.document = document
        dueMilliseconds = document.registry.dueMilliseconds
        self.sealer = sealer
    }

    init(opening file: KeyringFile, _ root: RootKeys) throws(KeyBackendError) {
        self.init(document: try ServiceDocument(file), sealer: MaterialSealer(root: root))
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

    /// The keyring as it is once all that is due has happened, though it is not written down.
    func settled(at nowMilliseconds: Int64, postponing postponed: [KeyID: Int64]) -> ServiceKeyring {
        var settled = document
        guard settled.registry.settle(at: nowMilliseconds, postponing: postponed) else { return self }
        return ServiceKeyring(document: settled, sealer: sealer)
    }

    func resealed(
        _ header: KeyringHeader, _ root: RootKeys, _ host: any KeyBackendHost
    ) throws(KeyBackendError) -> ServiceKeyring {
        let other = MaterialSealer(root: root)
        var changed = document
        changed.header = header
        try changed.registry.reseal(
            material: { (key, material) throws(KeyBackendError) in
                try sealer.reseal(material, of: key.id, under: other, host)
            },
            verifier: { (key, imported) throws(KeyBackendError) in
                try sealer.reseal(imported, of: key.id, under: other, host)
            })
        changed.sealedAuditSeed = try document.sealedAuditSeed.map { (seed) throws(KeyBackendError) in
            try sealer.resealAuditSeed(seed, under: other, host)
        }
        return ServiceKeyring(document: changed, sealer: other)
    }
}

extension OpenedKeyring<ServiceKeyring> {
    /// The seed by which the audit trail is signed; a keyring that has none gets one, durably.
    mutating func auditSeed(_ host: any KeyBackendHost) throws(KeyBackendError) -> SharedSecret {
        if let sealed = content.document.sealedAuditSeed { return try content.sealer.openAuditSeed(sealed) }
        let sealed = try content.sealer.makeAuditSeed(host)
        // It holds no key that was taken out.
        _ = try change { (keyring, _) throws(KeyBackendError) in keyring.document.sealedAuditSeed = sealed }
        return try content.sealer.openAuditSeed(sealed)
    }

    /// Changes the registry, and returns what `body` does. Durable when this returns; where it throws before the last
    /// step, nothing has changed. `remnant` says why the bytes of the file that is replaced could not be overwritten.
    mutating func changeRegistry<Value>(
        _ body: (inout KeyRegistry, MaterialSealer) throws(KeyServiceError) -> Value
    ) throws(KeyServiceError) -> (value: Value, remnant: KeyBackendError?) {
        var document = content.document
        // Before the keyring is locked, so that what is refused anyway is refused for its own reason.
        let value = try body(&document.registry, content.sealer)
        // What changes nothing is not written: asking twice costs no more than asking.
        if document == content.document { return (value, nil) }
        // Nobody could open it again.
        guard document.isConsistent else {
            throw KeyServiceError(
                .internalFailure,
                "The change would make the keyring contradict itself, and was not made; report this, and what was asked."
            )
        }
        do throws(KeyBackendError) {
            let remnant = try change { [document] (keyring, _) throws(KeyBackendError) in keyring.document = document }
            return (value, remnant)
        } catch {
            throw KeyServiceError(error)
        }
    }
}
