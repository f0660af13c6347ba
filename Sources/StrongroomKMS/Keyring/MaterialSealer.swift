internal import StrongroomCrypto
internal import StrongroomKeys
internal import StrongroomS3ManagedKeys
internal import StrongroomSystem

/// Makes, seals and opens materials under the keyring's root key.
///
/// A sealed material is a sealed stream of its 32 bytes, bound to keyring, key and material id.
struct MaterialSealer: Sendable {
    let keyringID: [UInt8]
    let root: RootKeys

    /// New random material for a key.
    func make(for key: KeyID, _ host: any KeyBackendHost) throws(KeyBackendError) -> KeyMaterial {
        let random = HostRandom(host: host)
        let secret: SecretBytes
        do throws(SecretMemoryError) {
            secret = try SecretBytes.random(count: 32, from: random)
        } catch {
            throw KeyBackendError(secretMemory: error)
        }
        let id = KeyMaterialID(bytes: random.bytes(KeyMaterialID.sizeBytes))
        return KeyMaterial(
            id: id, createdMilliseconds: host.wallMilliseconds(),
            sealedKey: try root.seal(secret, context: context(key, id), random: random))
    }

    func open(_ material: KeyMaterial, of key: KeyID) throws(KeyBackendError) -> SecretBytes {
        try root.open(
            material.sealedKey, context: context(key, material.id), name: "material \(material.id) of key \(key)")
    }

    /// The same material, sealed under another root key.
    func reseal(
        _ material: KeyMaterial, of key: KeyID, under other: MaterialSealer, _ host: any KeyBackendHost
    ) throws(KeyBackendError) -> [UInt8] {
        try other.root.seal(
            try open(material, of: key), context: other.context(key, material.id), random: HostRandom(host: host))
    }

    private func context(_ key: KeyID, _ material: KeyMaterialID) -> [UInt8] {
        BoundContext.encode([Array("strongroom/kms/material@v1".utf8), keyringID, key.bytes, material.bytes])
    }
}
