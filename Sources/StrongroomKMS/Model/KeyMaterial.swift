internal import StrongroomKeys

/// One version of a key: what seals data keys, itself sealed under the keyring's root key.
struct KeyMaterial: Sendable, Equatable {
    static let sizeBytes = 32
    static let sealedKeySizeBytes = 104

    let id: KeyMaterialID
    let createdMilliseconds: Int64
    var sealedKey: [UInt8]
    /// Why it was made.
    var cause = MaterialCause.creation
}

/// Why a key has a material.
enum MaterialCause: UInt8, Sendable, CaseIterable {
    // The numbers are part of the keyring's format and must not change.

    case creation = 0
    case rotationOnDemand = 1
    case automaticRotation = 2
    case importing = 3
}

/// What stays known of imported material, also when it is gone: the same may be imported again.
struct ImportedMaterial: Sendable, Equatable {
    let materialID: KeyMaterialID
    /// What recognises the material, derived from it and sealed as a material is.
    var sealedVerifier: [UInt8]
    /// When the material is to be deleted, in milliseconds since 1970; nil for never.
    var expiresMilliseconds: Int64?
    /// When it came for the first time, in milliseconds since 1970.
    let importedMilliseconds: Int64
    /// When it began to seal, in milliseconds since 1970; nil while it waits for a rotation.
    var currentSinceMilliseconds: Int64?
}

/// Names one version of one key, and no other key's: 32 random bytes, written as 64 hexadecimal digits (as in KMS).
struct KeyMaterialID: Hashable, Sendable, CustomStringConvertible {
    static let sizeBytes = 32

    let bytes: [UInt8]

    init(bytes: [UInt8]) {
        assert(bytes.count == Self.sizeBytes)
        self.bytes = bytes
    }

    /// Nil for anything but the one spelling of an id.
    init?(_ text: String) {
        guard let bytes = Hexadecimal.decode(text), bytes.count == Self.sizeBytes else { return nil }
        self.init(bytes: bytes)
        guard description.utf8.elementsEqual(text.utf8) else { return nil }
    }

    var description: String { Hexadecimal.encode(bytes) }
}
