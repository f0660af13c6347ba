internal import StrongroomCrypto
internal import StrongroomKeys
internal import StrongroomSystem

/// What is derived from a root key: one key for each use, and the value that recognises the root key.
final class RootKeys: Sendable {
    static let rootSizeBytes = 32

    private let keyringID: [UInt8]
    private let sealingKey: SecretBytes
    private let authenticator: MessageAuthenticator
    let checkValue: [UInt8]

    init(root: borrowing SecretBytes, keyringID: [UInt8]) throws(KeyBackendError) {
        self.keyringID = keyringID
        sealingKey = try Self.derive(root, "seal", keyringID, count: 32)
        let authenticationKey = try Self.derive(root, "authenticate", keyringID, count: 32)
        let check = try Self.derive(root, "check", keyringID, count: KeyringDocument.checkValueSizeBytes)
        // No secret: it is what the file tells everybody.
        checkValue = try check.withBytes { (bytes) throws(KeyBackendError) in bytes.bytes(in: 0..<bytes.byteCount) }
        do throws(SecretMemoryError) {
            authenticator = try MessageAuthenticator(key: authenticationKey)
        } catch {
            throw KeyBackendError(secretMemory: error)
        }
    }

    /// The file that holds `document`.
    func encoded(_ document: KeyringDocument) throws(KeyBackendError) -> [UInt8] {
        assert(document.keyringID == keyringID && document.checkValue == checkValue)
        do throws(SecretMemoryError) {
            return document.encoded(code: try authenticator.code(for: document.authenticatedBytes))
        } catch {
            throw KeyBackendError(secretMemory: error)
        }
    }

    /// Fails with `wrongSecret` for another root key, with `keyringDamaged` for another document.
    func verify(_ document: KeyringDocument, code: [UInt8]) throws(KeyBackendError) {
        let (mine, theirs) = (checkValue, document.checkValue)
        // Safe: bytes have no padding to be read.
        guard ConstantTime.areEqual(unsafe mine.span.bytes, unsafe theirs.span.bytes) else {
            throw Self.wrongSecret(document.rootSource)
        }
        let isValid: Bool
        do throws(SecretMemoryError) {
            isValid = try authenticator.isValid(code, for: document.authenticatedBytes)
        } catch {
            throw KeyBackendError(secretMemory: error)
        }
        if !isValid { throw KeyringDocument.damaged("its authentication code does not match, so it has been altered") }
    }

    func seal(
        _ key: borrowing SecretBytes, _ line: KeyLine, _ version: UInt32, random: some RandomSource
    ) throws(KeyBackendError) -> [UInt8] {
        do throws(SealError) {
            return try SealedStream.sealSecret(
                key, .aes256GCM, under: sealingKey, context: context(line, version), random: random)
        } catch {
            throw KeyBackendError(.unavailable, error.message, underlying: error)
        }
    }

    func open(_ entry: KeyringDocument.Entry) throws(KeyBackendError) -> SecretBytes {
        do throws(SealError) {
            return try SealedStream.openSecret(
                entry.sealedKey, count: 32, .aes256GCM, under: sealingKey, context: context(entry.line, entry.version))
        } catch  where error.code == .secretMemory {
            throw KeyBackendError(.unavailable, error.message, underlying: error)
        } catch {
            throw KeyringDocument.damaged("version \(entry.version) of \(entry.line.keyID) cannot be opened")
        }
    }

    private func context(_ line: KeyLine, _ version: UInt32) -> [UInt8] {
        BoundContext.encode("strongroom/s3-managed/key@v1", keyringID, line, version)
    }

    private static func derive(
        _ root: borrowing SecretBytes, _ use: String, _ keyringID: [UInt8], count: Int
    ) throws(KeyBackendError) -> SecretBytes {
        do throws(SecretMemoryError) {
            let label = Array("strongroom/s3-managed/\(use)@v1\0".utf8)
            return try HKDF<SHA512>.expand(root, info: label + keyringID, count: count)
        } catch {
            throw KeyBackendError(secretMemory: error)
        }
    }

    private static func wrongSecret(_ source: KeyringDocument.RootSource) -> KeyBackendError {
        switch source {
        case .file:
            KeyBackendError(
                .wrongSecret,
                "This root key is not the one that the keyring was made with; nothing is damaged. Give the right file.")
        case .passphrase:
            KeyBackendError(.wrongSecret, "The passphrase is wrong; nothing is damaged. Give the right one.")
        }
    }
}

/// What a sealed key is bound to: each field with its length before it, so that no two lists of fields
/// have the same encoding.
enum BoundContext {
    static func encode(_ label: String, _ keyringID: [UInt8], _ line: KeyLine, _ version: UInt32) -> [UInt8] {
        var bytes: [UInt8] = []
        for field in [Array(label.utf8), keyringID, Array(line.keyID.utf8), Array(String(version).utf8)] {
            bytes.appendLittleEndian(UInt32(field.count))
            bytes += field
        }
        return bytes
    }
}
