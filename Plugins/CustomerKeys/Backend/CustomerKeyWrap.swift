internal import StrongroomCrypto
internal import StrongroomKeyring
internal import StrongroomKeys
internal import StrongroomSystem

/// A data key under a customer's key.
///
/// Byte map, version 1, 153 bytes:
///
///     0    version u8 = 1
///     1    salt (16, random)
///     17   check (32): HMAC-SHA-256 under the customer's key over a label and the salt
///     49   the data key as a sealed stream (104) under the customer's key; its context is a label, the salt and the
///          encryption context
///
/// The check says that it is another key before anything is opened; the stream commits to its key by itself, too.
struct CustomerKeyWrap {
    static let formatVersion: UInt8 = 1
    static let saltSizeBytes = 16
    private static let checkOffset = 1 + saltSizeBytes
    private static let streamOffset = checkOffset + MessageAuthenticator.codeSizeBytes
    static let sizeBytes = streamOffset + SealedStream.sealedSecretSizeBytes(count: GeneratedDataKey.sizeBytes)

    let salt: [UInt8]
    let check: [UInt8]
    let stream: [UInt8]

    var bytes: [UInt8] { [Self.formatVersion] + salt + check + stream }
    /// What tells wrapped keys apart in listings, and customers' keys not at all.
    var fingerprint: String { Hexadecimal.encode(check.prefix(8)) }

    /// Nil where the bytes are of no such wrap.
    init?(_ bytes: [UInt8]) {
        guard bytes.count == Self.sizeBytes, bytes[0] == Self.formatVersion else { return nil }
        salt = Array(bytes[1..<Self.checkOffset])
        check = Array(bytes[Self.checkOffset..<Self.streamOffset])
        stream = Array(bytes[Self.streamOffset...])
    }

    init(
        wrapping dataKey: borrowing SecretBytes, under customerKey: SharedSecret, _ context: EncryptionContext,
        _ random: HostRandom
    ) throws(KeyBackendError) {
        salt = random.bytes(Self.saltSizeBytes)
        check = try Self.check(customerKey, salt)
        do throws(SealError) {
            stream = try SealedStream.sealSecret(
                dataKey, .aes256GCM, under: try PreparedKey(customerKey.bytes),
                context: Self.streamContext(salt, context), random: random)
        } catch {
            throw KeyBackendError(.unavailable, error.message, underlying: error)
        }
    }

    /// - Throws: `incorrectKey` for another key than the one that wrapped it, `invalidCiphertext` for damage and
    ///   another context.
    func open(under customerKey: SharedSecret, _ context: EncryptionContext) throws(KeyBackendError) -> SecretBytes {
        let expected = try Self.check(customerKey, salt)
        // Safe: a UInt8 is raw bytes.
        guard ConstantTime.areEqual(unsafe expected.span.bytes, unsafe check.span.bytes) else {
            throw KeyBackendError(.incorrectKey, "The customer key is not the one that the data key is wrapped under.")
        }
        do throws(SealError) {
            return try SealedStream.openSecret(
                stream, count: GeneratedDataKey.sizeBytes, .aes256GCM, under: try PreparedKey(customerKey.bytes),
                context: Self.streamContext(salt, context))
        } catch  where error.code == .secretMemory || error.code == .cryptoFailure {
            throw KeyBackendError(.unavailable, error.message, underlying: error)
        } catch {
            throw KeyBackendError(
                .invalidCiphertext, "The wrapped key is damaged, or its encryption context is another.",
                underlying: error)
        }
    }

    private static func check(_ customerKey: SharedSecret, _ salt: [UInt8]) throws(KeyBackendError) -> [UInt8] {
        do throws(SecretMemoryError) {
            return try MessageAuthenticator(key: customerKey.bytes)
                .code(for: fields("strongroom/customer-key/check@v1", salt))
        } catch {
            throw KeyBackendError(secretMemory: error)
        }
    }

    private static func streamContext(_ salt: [UInt8], _ context: EncryptionContext) -> [UInt8] {
        fields("strongroom/customer-key/wrap@v1", salt, context.canonicalBytes)
    }

    /// Each with its length before it: never concatenation.
    private static func fields(_ label: String, _ fields: [UInt8]...) -> [UInt8] {
        var bytes: [UInt8] = []
        for field in [Array(label.utf8)] + fields {
            bytes.appendLittleEndian(UInt32(field.count))
            bytes += field
        }
        return bytes
    }
}
