internal import StrongroomCrypto
package import StrongroomKeys

/// Keyrings' files as they are written, read and verified: for fuzzers, which hand in any bytes. The root key is one of
/// zeros, and the keyring's id as well.
package enum KeyringProbe {
    private static let keyringID = [UInt8](repeating: 0, count: KeyringHeader.identifierSizeBytes)

    private static func rootKeys(_ kind: KeyringKind) throws(KeyBackendError) -> RootKeys {
        let root = try SecretBytes(count: RootKeys.rootSizeBytes) { (_) throws(KeyBackendError) in }
        return try RootKeys(root: root, keyringID: keyringID, kind)
    }

    /// False where `bytes` are taken for a keyring's file that would be written in other bytes.
    package static func isCanonical(file bytes: [UInt8], _ kind: KeyringKind) -> Bool {
        guard let (file, code) = try? KeyringFile.decode(bytes, kind) else { return true }
        return file.encoded(code: code) == bytes
    }

    /// False where `text` is taken for parameters that would be written otherwise.
    package static func isCanonical(passphraseParameters text: String) -> Bool {
        (try? PassphraseParameters(text)).map { $0.description.utf8.elementsEqual(text.utf8) } ?? true
    }

    /// A file around a body, for a check of the body alone.
    package static func file(_ kind: KeyringKind, body: [UInt8]) -> KeyringFile {
        let header = KeyringHeader(
            keyringID: keyringID, createdMilliseconds: 1, rootSource: .file("root.key"),
            checkValue: [UInt8](repeating: 0, count: KeyringHeader.checkValueSizeBytes))
        return KeyringFile(kind: kind, header: header, body: body)
    }

    /// The bytes of a file that the root key has authenticated.
    package static func authenticated(
        _ kind: KeyringKind, passphrase: PassphraseParameters?, body: [UInt8]
    ) throws(KeyBackendError) -> [UInt8] {
        let root = try rootKeys(kind)
        var file = file(kind, body: body)
        if let passphrase { file.header.rootSource = .passphrase(passphrase) }
        file.header.checkValue = root.checkValue
        return try root.encoded(file)
    }

    /// The file that the bytes are, where the root key has authenticated it.
    package static func verified(_ bytes: [UInt8], _ kind: KeyringKind) throws(KeyBackendError) -> KeyringFile {
        let (file, code) = try KeyringFile.decode(bytes, kind)
        try rootKeys(kind).verify(file, code: code)
        return file
    }
}
