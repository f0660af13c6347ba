package import StrongroomCrypto
package import StrongroomKeys
package import StrongroomSystem

/// What is derived from a root key: one key for each use, and the value that recognises the root key.
package final class RootKeys: Sendable {
    static let rootSizeBytes = 32

    private let keyringID: [UInt8]
    private let sealingKey: SecretBytes
    private let authenticator: MessageAuthenticator
    package let checkValue: [UInt8]

    /// `purpose` names the backend: two that share a root key file share no derived key.
    package init(
        root: borrowing SecretBytes, keyringID: [UInt8], purpose: String = "s3-managed"
    ) throws(KeyBackendError) {
        self.keyringID = keyringID
        sealingKey = try Self.derive(root, "\(purpose)/seal", keyringID, count: 32)
        let authenticationKey = try Self.derive(root, "\(purpose)/authenticate", keyringID, count: 32)
        let check = try Self.derive(
            root, "\(purpose)/check", keyringID, count: KeyringDocument.checkValueSizeBytes)
        // No secret: it is what the file tells everybody.
        checkValue = try check.withBytes { (bytes) throws(KeyBackendError) in bytes.bytes(in: 0..<bytes.byteCount) }
        do throws(SecretMemoryError) {
            authenticator = try MessageAuthenticator(key: authenticationKey)
        } catch {
            throw KeyBackendError(secretMemory: error)
        }
    }

    /// The authentication code of a document's bytes.
    package func code(for bytes: [UInt8]) throws(KeyBackendError) -> [UInt8] {
        do throws(SecretMemoryError) {
            return try authenticator.code(for: bytes)
        } catch {
            throw KeyBackendError(secretMemory: error)
        }
    }

    /// The file that holds `document`.
    func encoded(_ document: KeyringDocument) throws(KeyBackendError) -> [UInt8] {
        assert(document.keyringID == keyringID && document.checkValue == checkValue)
        return document.encoded(code: try code(for: document.authenticatedBytes))
    }

    /// Fails with `wrongSecret` for another root key, with `keyringDamaged` for another document.
    func verify(_ document: KeyringDocument, code: [UInt8]) throws(KeyBackendError) {
        try verify(
            document.authenticatedBytes, code: code, checkValue: document.checkValue, source: document.rootSource)
    }

    /// Fails with `wrongSecret` for another root key's check value, with `keyringDamaged` for other bytes.
    package func verify(
        _ bytes: [UInt8], code: [UInt8], checkValue theirs: [UInt8], source: KeyringDocument.RootSource
    ) throws(KeyBackendError) {
        let mine = checkValue
        // Safe: bytes have no padding to be read.
        guard ConstantTime.areEqual(unsafe mine.span.bytes, unsafe theirs.span.bytes) else {
            throw Self.wrongSecret(source)
        }
        let isValid: Bool
        do throws(SecretMemoryError) {
            isValid = try authenticator.isValid(code, for: bytes)
        } catch {
            throw KeyBackendError(secretMemory: error)
        }
        if !isValid { throw KeyringDocument.damaged("its authentication code does not match, so it has been altered") }
    }

    func seal(
        _ key: borrowing SecretBytes, _ line: KeyLine, _ version: UInt32, random: some RandomSource
    ) throws(KeyBackendError) -> [UInt8] {
        try seal(key, context: context(line, version), random: random)
    }

    /// Seals a key of 32 bytes, bound to `context`.
    package func seal(
        _ key: borrowing SecretBytes, context: [UInt8], random: some RandomSource
    ) throws(KeyBackendError) -> [UInt8] {
        do throws(SealError) {
            return try SealedStream.sealSecret(
                key, .aes256GCM, under: sealingKey, context: context, random: random)
        } catch {
            throw KeyBackendError(.unavailable, error.message, underlying: error)
        }
    }

    func open(_ entry: KeyringDocument.Entry) throws(KeyBackendError) -> SecretBytes {
        try open(
            entry.sealedKey, context: context(entry.line, entry.version),
            name: "version \(entry.version) of \(entry.line.keyID)")
    }

    /// Opens what was sealed with the same context; `name` says in an error which key it is.
    package func open(
        _ sealedKey: [UInt8], context: [UInt8], name: String
    ) throws(KeyBackendError) -> SecretBytes {
        do throws(SealError) {
            return try SealedStream.openSecret(
                sealedKey, count: 32, .aes256GCM, under: sealingKey, context: context)
        } catch  where error.code == .secretMemory {
            throw KeyBackendError(.unavailable, error.message, underlying: error)
        } catch {
            throw KeyringDocument.damaged("\(name) cannot be opened")
        }
    }

    private func context(_ line: KeyLine, _ version: UInt32) -> [UInt8] {
        BoundContext.encode("strongroom/s3-managed/key@v1", keyringID, line, version)
    }

    private static func derive(
        _ root: borrowing SecretBytes, _ use: String, _ keyringID: [UInt8], count: Int
    ) throws(KeyBackendError) -> SecretBytes {
        do throws(SecretMemoryError) {
            let label = Array("strongroom/\(use)@v1\0".utf8)
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
package enum BoundContext {
    static func encode(_ label: String, _ keyringID: [UInt8], _ line: KeyLine, _ version: UInt32) -> [UInt8] {
        encode([Array(label.utf8), keyringID, Array(line.keyID.utf8), Array(String(version).utf8)])
    }

    package static func encode(_ fields: [[UInt8]]) -> [UInt8] {
        var bytes: [UInt8] = []
        for field in fields {
            bytes.appendLittleEndian(UInt32(field.count))
            bytes += field
        }
        return bytes
    }
}
