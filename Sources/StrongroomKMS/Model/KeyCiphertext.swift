public import StrongroomKeys

/// What a key has sealed, with the names of the key and of its material, in one text of bytes: what KMS calls a
/// ciphertext blob.
///
///     version u8: 1 | key id (16) | material id (32) | sealed stream (72 bytes more than the plaintext)
///
/// The names are not secret, and what is sealed is bound to them.
public struct KeyCiphertext: Sendable, Hashable {
    /// Bytes that it may have at most.
    public static let sizeBytesMax = headerSizeBytes + streamOverheadBytes + KeyLimits.plaintextSizeBytes.upperBound

    private static let version: UInt8 = 1
    private static let headerSizeBytes = 1 + KeyID.sizeBytes + KeyMaterialID.sizeBytes
    private static let streamOverheadBytes = 72

    /// All of it.
    public let bytes: [UInt8]

    /// The id of the material that sealed it.
    public var materialName: String { materialID.description }

    var keyID: KeyID { KeyID(bytes: Array(bytes[1..<1 + KeyID.sizeBytes])) }
    var materialID: KeyMaterialID {
        KeyMaterialID(bytes: Array(bytes[1 + KeyID.sizeBytes..<Self.headerSizeBytes]))
    }
    var stream: [UInt8] { Array(bytes[Self.headerSizeBytes...]) }
    package var plaintextSizeBytes: Int { bytes.count - Self.headerSizeBytes - Self.streamOverheadBytes }

    /// Bytes as they were stored.
    ///
    /// - Throws: ``KeyServiceError/Code/invalidCiphertext`` where a key cannot have made them.
    public init(_ bytes: [UInt8]) throws(KeyServiceError) {
        guard bytes.first == Self.version, bytes.count <= Self.sizeBytesMax,
            bytes.count > Self.headerSizeBytes + Self.streamOverheadBytes
        else {
            throw KeyServiceError(
                .invalidCiphertext, "\(bytes.count) bytes are given as a ciphertext that no key here can have made.")
        }
        self.bytes = bytes
    }

    /// A sealed data key in this form, which opens as any ciphertext does.
    ///
    /// - Throws: ``KeyServiceError/Code/invalidCiphertext`` where it is no data key that a key service sealed.
    public init(_ sealed: WrappedDataKey) throws(KeyServiceError) {
        guard let name = sealed.keyID.split(separator: "/").last, let key = KeyID(name),
            let material = KeyMaterialID(sealed.keyVersion)
        else {
            throw KeyServiceError(
                .invalidCiphertext, "A data key of '\(sealed.keyID.prefix(128))' was not sealed by a key service.")
        }
        try self.init([Self.version] + key.bytes + material.bytes + sealed.bytes)
    }
}
