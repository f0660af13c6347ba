internal import StrongroomKeyring
internal import StrongroomKeys
internal import StrongroomSystem

/// Makes, seals and opens materials under the keyring's root key.
///
/// A sealed material is a sealed stream of its 32 bytes, bound to keyring, key and material id.
struct MaterialSealer: Sendable {
    let root: RootKeys

    /// New random material for a key.
    func make(for key: KeyID, _ host: any KeyBackendHost) throws(KeyBackendError) -> KeyMaterial {
        let random = HostRandom(host: host)
        let secret = try random.secret(count: KeyMaterial.sizeBytes)
        let id = KeyMaterialID(bytes: random.bytes(KeyMaterialID.sizeBytes))
        return KeyMaterial(
            id: id, createdMilliseconds: host.wallMilliseconds(),
            sealedKey: try root.seal(secret, as: Self.name(key, id), random: random))
    }

    func open(_ material: KeyMaterial, of key: KeyID) throws(KeyBackendError) -> WrappingKey {
        try WrappingKey(try root.open(material.sealedKey, as: Self.name(key, material.id)))
    }

    /// The same material, sealed under another root key.
    func reseal(
        _ material: KeyMaterial, of key: KeyID, under other: MaterialSealer, _ host: any KeyBackendHost
    ) throws(KeyBackendError) -> [UInt8] {
        let name = Self.name(key, material.id)
        return try other.root.seal(
            try root.open(material.sealedKey, as: name), as: name, random: HostRandom(host: host))
    }

    /// What the sealed material is bound to; part of the format.
    private static func name(_ key: KeyID, _ material: KeyMaterialID) -> [String] {
        ["material", key.description, material.description]
    }
}
