internal import StrongroomCrypto
internal import StrongroomKeyring
internal import StrongroomKeys
internal import StrongroomSystem

/// Makes, seals and opens materials under the keyring's root key.
///
/// A sealed material is a sealed stream of its 32 bytes, bound to keyring, key and material id.
struct MaterialSealer: Sendable {
    let root: RootKeys

    /// New random material for a key.
    func make(
        for key: KeyID, _ host: any KeyBackendHost, because cause: MaterialCause = .creation
    ) throws(KeyBackendError) -> KeyMaterial {
        let random = HostRandom(host: host)
        let id = KeyMaterialID(bytes: random.bytes(KeyMaterialID.sizeBytes))
        return try seal(try random.secret(count: KeyMaterial.sizeBytes), id, for: key, host, because: cause)
    }

    func seal(
        _ secret: borrowing SecretBytes, _ id: KeyMaterialID, for key: KeyID, _ host: any KeyBackendHost,
        because cause: MaterialCause
    ) throws(KeyBackendError) -> KeyMaterial {
        KeyMaterial(
            id: id, createdMilliseconds: host.wallMilliseconds(),
            sealedKey: try root.seal(secret, as: Self.name(key, id), random: HostRandom(host: host)), cause: cause)
    }

    func open(_ material: KeyMaterial, of key: KeyID) throws(KeyBackendError) -> WrappingKey {
        try WrappingKey(try root.open(material.sealedKey, as: Self.name(key, material.id)))
    }

    /// A material's bytes, on their way to another keyring.
    func openBytes(of material: KeyMaterial, of key: KeyID) throws(KeyBackendError) -> SecretBytes {
        try root.open(material.sealedKey, as: Self.name(key, material.id))
    }

    /// A material of another keyring, sealed under this one's root key.
    func sealAgain(
        _ material: KeyMaterial, _ secret: borrowing SecretBytes, for key: KeyID, _ host: any KeyBackendHost
    ) throws(KeyBackendError) -> KeyMaterial {
        KeyMaterial(
            id: material.id, createdMilliseconds: material.createdMilliseconds,
            sealedKey: try root.seal(secret, as: Self.name(key, material.id), random: HostRandom(host: host)),
            cause: material.cause)
    }

    /// The same material, sealed under another root key.
    func reseal(
        _ material: KeyMaterial, of key: KeyID, under other: MaterialSealer, _ host: any KeyBackendHost
    ) throws(KeyBackendError) -> [UInt8] {
        let name = Self.name(key, material.id)
        return try other.root.seal(
            try root.open(material.sealedKey, as: name), as: name, random: HostRandom(host: host))
    }

    // MARK: - What signs the audit trail

    private static let auditSeedName = ["audit", "signing-seed"]

    /// A new random seed, sealed.
    func makeAuditSeed(_ host: any KeyBackendHost) throws(KeyBackendError) -> [UInt8] {
        let random = HostRandom(host: host)
        return try root.seal(
            try random.secret(count: Ed25519.seedSizeBytes), as: Self.auditSeedName, random: random)
    }

    func openAuditSeed(_ sealed: [UInt8]) throws(KeyBackendError) -> SharedSecret {
        SharedSecret(try root.open(sealed, as: Self.auditSeedName))
    }

    func resealAuditSeed(
        _ sealed: [UInt8], under other: MaterialSealer, _ host: any KeyBackendHost
    ) throws(KeyBackendError) -> [UInt8] {
        let seed = try root.open(sealed, as: Self.auditSeedName)
        return try other.root.seal(seed, as: Self.auditSeedName, random: HostRandom(host: host))
    }

    // MARK: - What recognises imported material

    /// Seals the verifier of material, which tells nothing of it.
    func sealVerifier(
        of material: borrowing SecretBytes, _ id: KeyMaterialID, for key: KeyID, _ host: any KeyBackendHost
    ) throws(KeyBackendError) -> [UInt8] {
        try root.seal(try Self.verifier(of: material), as: Self.verifierName(key, id), random: HostRandom(host: host))
    }

    /// Which of a key's imported materials it is; nil where the key has not had it.
    func find(_ material: borrowing SecretBytes, in key: KeyRecord) throws(KeyBackendError) -> KeyMaterialID? {
        for imported in key.imported where try recognises(material, as: imported, of: key.id) {
            return imported.materialID
        }
        return nil
    }

    private func recognises(
        _ material: borrowing SecretBytes, as imported: ImportedMaterial, of key: KeyID
    ) throws(KeyBackendError) -> Bool {
        let mine = try Self.verifier(of: material)
        let theirs = try root.open(imported.sealedVerifier, as: Self.verifierName(key, imported.materialID))
        do throws(SecretMemoryError) {
            return try mine.isEqual(to: theirs)
        } catch {
            throw KeyBackendError(secretMemory: error)
        }
    }

    func reseal(
        _ imported: ImportedMaterial, of key: KeyID, under other: MaterialSealer, _ host: any KeyBackendHost
    ) throws(KeyBackendError) -> [UInt8] {
        let name = Self.verifierName(key, imported.materialID)
        return try other.root.seal(
            try root.open(imported.sealedVerifier, as: name), as: name, random: HostRandom(host: host))
    }

    private static func verifier(of material: borrowing SecretBytes) throws(KeyBackendError) -> SecretBytes {
        do throws(SecretMemoryError) {
            return try HKDF<SHA512>.expand(material, info: Array("strongroom/kms/imported@v1".utf8), count: 32)
        } catch {
            throw KeyBackendError(secretMemory: error)
        }
    }

    private static func verifierName(_ key: KeyID, _ material: KeyMaterialID) -> [String] {
        ["verifier", key.description, material.description]
    }

    /// What the sealed material is bound to; part of the format.
    private static func name(_ key: KeyID, _ material: KeyMaterialID) -> [String] {
        ["material", key.description, material.description]
    }
}
