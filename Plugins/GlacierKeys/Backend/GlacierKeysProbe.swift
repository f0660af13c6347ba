internal import StrongroomCrypto
internal import StrongroomKeyring
package import StrongroomKeys

/// What is read of the keyring's file and of receipts, held against what is written: for fuzzers, which hand in any
/// bytes.
package enum GlacierKeysProbe {
    /// False where `body` is taken for archive keys that would be written in other bytes.
    package static func isCanonical(keyringBody body: [UInt8]) -> Bool {
        let file = KeyringProbe.file(GlacierKeys.keyringKind, body: body)
        return (try? ArchiveDocument(file)).map { $0.file == file } ?? true
    }

    /// A receipt, the same every time.
    package static func receipt() throws(KeyBackendError) -> ShredReceipt {
        let seed = try SecretBytes(count: 32) { (_) throws(KeyBackendError) in }
        let epoch = ArchiveEpoch(
            number: 1, createdMilliseconds: 1, rotatedMilliseconds: 2, destroyedMilliseconds: 3, key: .sealed([]))
        return try ShredReceipt(
            of: epoch, keyringID: [UInt8](repeating: 0, count: 16), publicKey: try ShredReceipt.publicKey(seed: seed),
            seed: seed)
    }
}
