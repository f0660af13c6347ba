package import StrongroomKeyring

/// What is read of the keyring's file, held against what is written to it: for fuzzers, which hand in any bytes.
package enum S3ManagedKeysProbe {
    package static var kind: KeyringKind { S3ManagedKeys.keyringKind }

    /// False where `body` is taken for keys that would be written in other bytes.
    package static func isCanonical(keyringBody body: [UInt8]) -> Bool {
        let file = KeyringProbe.file(kind, body: body)
        return (try? KeyringDocument(file)).map { $0.file == file } ?? true
    }
}
