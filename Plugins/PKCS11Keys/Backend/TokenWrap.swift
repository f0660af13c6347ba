internal import StrongroomCrypto
internal import StrongroomKeyring
internal import StrongroomKeys
internal import StrongroomSystem

/// A data key, wrapped with the help of a token.
///
///     offset size
///     0      4    magic "SRPW"
///     4      2    format version, 1
///     6      2    zero
///     8      4    CRC-32C over all else: tells damage from a foreign wrap
///     12     24   CKA_ID of the key object (``KeyIdentity``)
///     36     32   salt, random
///     68     104  sealed stream (suite 1) of the data key's 32 bytes, under the wrapping key
///
/// Little-endian but for the CKA_ID; part of the format, must not change.
///
/// The wrapping key is HMAC-SHA256, computed in the token under the key object, of: the label
/// `strongroom/pkcs11/wrapping-key@v1`, the CKA_ID, the key's id, the salt, and the SHA-256 of the encryption context's
/// canonical bytes, each with its length before it. The stream binds the label `strongroom/pkcs11/wrap@v1`, the CKA_ID,
/// the key's id and the canonical bytes themselves.
///
/// Why so, and not AES-GCM in the token, which PKCS#11 has as well: version 2.40 takes the nonce from the caller, so a
/// random one limits a key to 2^32 wraps, which somebody would have to count, over all processes and for good; and
/// tokens report a wrong tag with whatever code they like. A pseudorandom function in the token has no such limit: each
/// wrap gets a key of its own from 256 bits of salt, the seal around the data key is the one that everything
/// else in Strongroom has (it commits to its key), and an odd code of a token decides nothing. The token's key never
/// leaves the token, and nothing is opened without asking it, once for each wrap. What the process holds for a moment
/// opens this one wrap and no other. The message that the token gets is short, because some take no long ones.
struct TokenWrap: Sendable {
    private static let magic = Array("SRPW".utf8)
    private static let formatVersion: UInt16 = 1
    private static let checksumRange = 8..<12
    private static let identityRange = 12..<36
    private static let saltRange = 36..<68
    static let saltSizeBytes = 32
    static let sizeBytes = 172

    let identity: KeyIdentity
    let salt: [UInt8]
    private let stream: [UInt8]

    /// Wraps `key` under what the token has derived for this identity, salt and context.
    init(
        wrapping key: borrowing SecretBytes, _ identity: KeyIdentity, salt: [UInt8], under wrappingKey: WrappingKey,
        _ label: String, _ context: EncryptionContext, _ host: any KeyBackendHost
    ) throws(KeyBackendError) {
        self.identity = identity
        self.salt = salt
        stream = try wrappingKey.wrap(key, boundTo: Self.binding(identity, label, context), host)
    }

    /// Reads a wrapped key of which nothing is trusted.
    init(_ bytes: [UInt8]) throws(KeyBackendError) {
        guard bytes.count == Self.sizeBytes, bytes.starts(with: Self.magic) else {
            throw KeyBackendError(
                .invalidCiphertext, "\(bytes.count) bytes that were given as a wrapped key are none of a token's.")
        }
        var reader = ByteReader(bytes, from: Self.magic.count)
        let version = try reader.integer(UInt16.self)
        let reserved = try reader.integer(UInt16.self)
        guard try reader.integer(UInt32.self) == Self.checksum(bytes) else {
            throw KeyBackendError(
                .invalidCiphertext, "The wrapped key is damaged: its checksum does not match. Restore it from a backup."
            )
        }
        guard version == Self.formatVersion, reserved == 0 else {
            throw KeyBackendError(
                .unsupported,
                "The wrapped key has format version \(version), and this program knows \(Self.formatVersion); "
                    + "open it with a newer version of the program. Nothing is damaged.")
        }
        guard let identity = KeyIdentity(bytes: bytes[Self.identityRange]) else {
            throw KeyBackendError(.invalidCiphertext, "The wrapped key names no version of a key in a token.")
        }
        self.identity = identity
        salt = Array(bytes[Self.saltRange])
        stream = Array(bytes[Self.saltRange.upperBound...])
    }

    var bytes: [UInt8] {
        var bytes = Self.magic
        bytes.appendLittleEndian(Self.formatVersion)
        bytes.appendLittleEndian(UInt16(0))
        bytes.appendLittleEndian(UInt32(0))
        bytes += identity.bytes
        bytes += salt
        bytes += stream
        var checksum: [UInt8] = []
        checksum.appendLittleEndian(Self.checksum(bytes))
        bytes.replaceSubrange(Self.checksumRange, with: checksum)
        assert(bytes.count == Self.sizeBytes)
        return bytes
    }

    /// The data key.
    func open(
        under wrappingKey: WrappingKey, _ label: String, _ context: EncryptionContext
    ) throws(KeyBackendError) -> SecretBytes {
        try wrappingKey.unwrap(
            stream, boundTo: Self.binding(identity, label, context),
            name: "version \(identity) of \(label), or belongs to another encryption context")
    }

    /// What the token makes the wrapping key of.
    static func message(
        _ identity: KeyIdentity, _ label: String, salt: [UInt8], _ context: EncryptionContext
    ) throws(KeyBackendError) -> [UInt8] {
        let digest: [UInt8]
        do throws(SealError) {
            // Safe: bytes have no padding to be read.
            digest = try Digest.hash(.sha256, unsafe context.canonicalBytes.span.bytes)
        } catch {
            throw KeyBackendError(.unavailable, error.message, underlying: error)
        }
        return BoundContext.encode(
            "strongroom/pkcs11/wrapping-key@v1", identity.bytes, [Array(label.utf8), salt, digest])
    }

    private static func binding(_ identity: KeyIdentity, _ label: String, _ context: EncryptionContext) -> [UInt8] {
        BoundContext.encode(
            "strongroom/pkcs11/wrap@v1", identity.bytes, [Array(label.utf8), context.canonicalBytes])
    }

    private static func checksum(_ bytes: [UInt8]) -> UInt32 {
        let rest = Array(bytes[..<checksumRange.lowerBound] + bytes[checksumRange.upperBound...])
        // Safe: bytes have no padding to be read.
        return CRC32C.checksum(unsafe rest.span.bytes)
    }
}
