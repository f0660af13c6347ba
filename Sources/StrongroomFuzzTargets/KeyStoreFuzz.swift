internal import StrongroomCrypto
internal import StrongroomGlacierKeys
internal import StrongroomKMS
internal import StrongroomKeyring
internal import StrongroomKeys
internal import StrongroomS3ManagedKeys

/// Whoever may write the disk writes the files of keyrings. What is taken for such a file, for its keys or for how a
/// passphrase becomes a root key is what would have been written, byte for byte; the key service's keys, of which
/// earlier versions wrote less, at least stay the same once they are written again. A file that was edited is never
/// authentic, and no receipt that was edited is valid.
public func fuzzKeyStore(_ input: RawSpan) {
    var input = FuzzInput(input)
    let kind = input.byte() % 7
    do throws(KeyBackendError) {
        let isSound =
            switch kind {
            case 0: KeyringProbe.isCanonical(passphraseParameters: String(decoding: input.rest(), as: UTF8.self))
            case 1: KeyringProbe.isCanonical(file: sealed(input.rest()), S3ManagedKeysProbe.kind)
            case 2: try isAuthenticOnlyAsWritten(&input)
            case 3: S3ManagedKeysProbe.isCanonical(keyringBody: input.rest())
            case 4: GlacierKeysProbe.isCanonical(keyringBody: input.rest())
            case 5: try KeyServiceProbe.isStable(keyringBody: input.rest())
            default: try isValidOnlyAsWritten(&input)
            }
        guard isSound else { finding("something of kind \(kind) is accepted that nobody has written") }
    } catch {
        finding("what was accepted cannot be written: \(error)")
    }
}

/// Chance never hits a checksum; what lies behind it is looked at all the same.
private func sealed(_ bytes: [UInt8]) -> [UInt8] {
    var bytes = bytes
    bytes.append(littleEndian: checksum(bytes[...]))
    return bytes
}

private func isAuthenticOnlyAsWritten(_ input: inout FuzzInput) throws(KeyBackendError) -> Bool {
    let choices = input.byte()
    let edits = Int(choices % 4)
    let hasPassphrase = choices & 4 == 4
    let makesChecksum = choices & 8 == 8
    var editing = FuzzInput(copying: input.bytes(atMost: 12 * edits))
    let scrypt: Scrypt
    do throws(SealError) {
        scrypt = try Scrypt(costExponent: 14 + Int(choices >> 4) % 4, blockSize: 8, parallelization: 1)
    } catch {
        finding("usual parameters are refused: \(error)")
    }
    let passphrase = PassphraseParameters(scrypt: scrypt, salt: [UInt8](repeating: choices, count: 32))
    let written = try KeyringProbe.authenticated(
        S3ManagedKeysProbe.kind, passphrase: hasPassphrase ? passphrase : nil, body: input.rest())
    var bytes = written
    for _ in 0..<edits { bytes.edit(&editing) }
    if makesChecksum { bytes = sealed(Array(bytes.dropLast(4))) }
    let found = try? KeyringProbe.verified(bytes, S3ManagedKeysProbe.kind)
    return (found != nil) == (bytes == written)
}

private func isValidOnlyAsWritten(_ input: inout FuzzInput) throws(KeyBackendError) -> Bool {
    let receipt = try GlacierKeysProbe.receipt()
    var json = receipt.json
    for _ in 0..<input.byte() % 4 { json.edit(&input) }
    let found = try? ShredReceipt(verifying: json, publicKey: receipt.publicKey)
    guard json == receipt.json else { return found == nil }
    return found == receipt
}
