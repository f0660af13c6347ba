package import StrongroomCrypto
package import StrongroomKeys
package import StrongroomSystem

/// What is derived from a root key: one key for each use, and the value that recognises the root key.
package final class RootKeys: Sendable {
    static let rootSizeBytes = 32

    private let kind: KeyringKind
    private let keyringID: [UInt8]
    private let sealingKey: SecretBytes
    private let authenticator: MessageAuthenticator
    let checkValue: [UInt8]

    init(
        root: borrowing SecretBytes, keyringID: [UInt8], _ kind: KeyringKind
    ) throws(KeyBackendError) {
        self.kind = kind
        self.keyringID = keyringID
        sealingKey = try Self.derive(root, kind, "seal", keyringID, count: 32)
        let authenticationKey = try Self.derive(root, kind, "authenticate", keyringID, count: 32)
        let check = try Self.derive(root, kind, "check", keyringID, count: KeyringHeader.checkValueSizeBytes)
        // No secret: it is what the file tells everybody.
        checkValue = try check.withBytes { (bytes) throws(KeyBackendError) in bytes.bytes(in: 0..<bytes.byteCount) }
        do throws(SecretMemoryError) {
            authenticator = try MessageAuthenticator(key: authenticationKey)
        } catch {
            throw KeyBackendError(secretMemory: error)
        }
    }

    /// The bytes of `file`, with their code.
    func encoded(_ file: KeyringFile) throws(KeyBackendError) -> [UInt8] {
        assert(file.header.keyringID == keyringID && file.header.checkValue == checkValue)
        do throws(SecretMemoryError) {
            let bytes = file.authenticatedBytes
            return KeyringFile.encoded(bytes, code: try authenticator.code(for: bytes))
        } catch {
            throw KeyBackendError(secretMemory: error)
        }
    }

    /// Fails with `wrongSecret` for another root key, with `keyringDamaged` for another file.
    func verify(_ file: KeyringFile, code: [UInt8]) throws(KeyBackendError) {
        let (mine, theirs) = (checkValue, file.header.checkValue)
        // Safe: bytes have no padding to be read.
        guard ConstantTime.areEqual(unsafe mine.span.bytes, unsafe theirs.span.bytes) else {
            throw Self.wrongSecret(file.header.rootSource)
        }
        let isValid: Bool
        do throws(SecretMemoryError) {
            isValid = try authenticator.isValid(code, for: file.authenticatedBytes)
        } catch {
            throw KeyBackendError(secretMemory: error)
        }
        if !isValid { throw KeyringFile.damaged("its authentication code does not match, so it has been altered") }
    }

    /// Seals one key of the keyring, bound to its name: a list of fields of which no two keys have the same.
    package func seal(
        _ key: borrowing SecretBytes, as name: [String], random: some RandomSource
    ) throws(KeyBackendError) -> [UInt8] {
        do throws(SealError) {
            return try SealedStream.sealSecret(
                key, .aes256GCM, under: sealingKey, context: context(name), random: random)
        } catch {
            throw KeyBackendError(.unavailable, error.message, underlying: error)
        }
    }

    /// Opens the key of 32 bytes that was sealed by that name.
    package func open(_ sealed: [UInt8], as name: [String]) throws(KeyBackendError) -> SecretBytes {
        do throws(SealError) {
            return try SealedStream.openSecret(
                sealed, count: 32, .aes256GCM, under: sealingKey, context: context(name))
        } catch  where error.code == .secretMemory {
            throw KeyBackendError(.unavailable, error.message, underlying: error)
        } catch {
            throw KeyringFile.damaged("its key \(name.joined(separator: " ")) cannot be opened")
        }
    }

    private func context(_ name: [String]) -> [UInt8] {
        BoundContext.encode("strongroom/\(kind.label)/key@v1", keyringID, name.map { Array($0.utf8) })
    }

    private static func derive(
        _ root: borrowing SecretBytes, _ kind: KeyringKind, _ use: String, _ keyringID: [UInt8], count: Int
    ) throws(KeyBackendError) -> SecretBytes {
        do throws(SecretMemoryError) {
            let label = Array("strongroom/\(kind.label)/\(use)@v1\0".utf8)
            return try HKDF<SHA512>.expand(root, info: label + keyringID, count: count)
        } catch {
            throw KeyBackendError(secretMemory: error)
        }
    }

    private static func wrongSecret(_ source: KeyringHeader.RootSource) -> KeyBackendError {
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
