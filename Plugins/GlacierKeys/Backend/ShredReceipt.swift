internal import StrongroomCrypto
public import StrongroomKeys

/// What remains of a destroyed epoch: a signed statement that its key was erased, and of what that says nothing.
///
///     {"signature":"…","statement":{…}}
///
/// The signature is Ed25519 (RFC 8032), in base64, over the bytes of the statement: JSON without spaces, members in the
/// order of their names, in ASCII, which is what every canonical form of JSON makes of it again. The statement names
/// the public key, which `status` names as well: compare the two, or with what was noted when the keyring was made.
public struct ShredReceipt: Sendable, Hashable {
    /// What kind of statement it is: no other is signed with this key.
    static let type = "strongroom/glacier/shred-receipt@v1"

    /// The receipt, to be kept and handed on as it is.
    public let json: [UInt8]
    /// The keyring's id, in hexadecimal.
    public let keyringID: String
    /// The epoch whose key was erased.
    public let epoch: UInt32
    /// When, in milliseconds since 1970, by the clock of the machine that did it.
    public let destroyedMilliseconds: Int64
    /// What signed it.
    public let publicKey: [UInt8]
    /// What the receipt does not say, in plain words.
    public let cannotVouchFor: [String]

    /// Reads a receipt, and checks that whoever has the keyring signed it.
    ///
    /// - Parameter publicKey: of the keyring that the receipt is said to come from. Without one, a receipt that anybody
    ///   made and signed is as good as any.
    public init(verifying json: [UInt8], publicKey trusted: [UInt8]) throws(KeyBackendError) {
        try self.init(parsing: json)
        guard publicKey == trusted else {
            throw KeyBackendError(
                .invalidCiphertext, "The receipt was signed with another key than that of the keyring in question.")
        }
    }

    /// Reads a receipt whose signature fits the public key that it names itself.
    init(parsing json: [UInt8]) throws(KeyBackendError) {
        let members = try JSONValue.object(parsing: json)
        guard members.count == 2, case .object(let statement)? = members["statement"],
            case .string(let encoded)? = members["signature"], let signature = PaddedBase64.decode(encoded),
            statement["type"] == .string(Self.type), JSONValue.object(members).encoded() == json,
            case .string(let keyringID)? = statement["keyringId"],
            case .number(let epochDigits)? = statement["epoch"], let epoch = UInt32(epochDigits),
            case .number(let destroyedDigits)? = statement["destroyedMilliseconds"],
            let destroyed = Int64(destroyedDigits),
            case .string(let key)? = statement["publicKey"], let publicKey = PaddedBase64.decode(key),
            case .array(let limits)? = statement["cannotVouchFor"]
        else {
            throw KeyBackendError(.invalidRequest, "This is no shred receipt of archive keys, or it has been edited.")
        }
        let isValid: Bool
        do throws(SealError) {
            isValid = try Ed25519.isValid(signature, of: JSONValue.object(statement).encoded(), publicKey: publicKey)
        } catch {
            throw KeyBackendError(.unavailable, error.message, underlying: error)
        }
        guard isValid else {
            throw KeyBackendError(
                .invalidCiphertext, "The receipt's signature is not valid: it was altered, or made by somebody else.")
        }
        self.json = json
        self.keyringID = keyringID
        self.epoch = epoch
        destroyedMilliseconds = destroyed
        self.publicKey = publicKey
        cannotVouchFor = limits.compactMap { if case .string(let text) = $0 { text } else { nil } }
    }
}

extension ShredReceipt {
    private static let vouchesFor = [
        "The key of this epoch was in this keyring and is not in the file that has replaced it.",
        "Nobody else on this machine had this keyring open when the epoch was destroyed.",
    ]

    private static let cannotVouchFor = [
        "Older backups and copies of the keyring: each holds the key, for whoever has the root key of that time.",
        "Snapshots and journals of the file system that the keyring is on.",
        "Copies that the medium keeps by itself, such as blocks not yet compacted or erased after wear levelling; the "
            + "replaced file is overwritten afterwards, as well as the file system lets it.",
        "Copies of the wrapped keys from before this epoch sealed them: in rows, journals and backups of the store.",
        "Keys already unwrapped, in the memory of a process or in what it wrote to swap, a dump or a hibernation file.",
        "Objects already read, and copies of their content.",
        "The clock of the machine, by which the times are given.",
    ]

    static func publicKey(seed: borrowing SecretBytes) throws(KeyBackendError) -> [UInt8] {
        do throws(SealError) {
            return try Ed25519.publicKey(seed: seed)
        } catch {
            throw KeyBackendError(.unavailable, error.message, underlying: error)
        }
    }

    /// Makes and signs the receipt of an epoch that is being destroyed.
    init(
        of epoch: ArchiveEpoch, keyringID: [UInt8], publicKey: [UInt8], seed: borrowing SecretBytes
    ) throws(KeyBackendError) {
        let statement = JSONValue.object([
            "type": .string(Self.type), "backendVersion": .string(GlacierKeys.version),
            "keyringId": .string(Hexadecimal.encode(keyringID)), "epoch": .number(String(epoch.number)),
            "createdMilliseconds": .number(String(epoch.createdMilliseconds)),
            "rotatedMilliseconds": .number(String(epoch.rotatedMilliseconds)),
            "destroyedMilliseconds": .number(String(epoch.destroyedMilliseconds)),
            // A count that survived every crash would cost a synced write for each wrap.
            "wrapsSealed": .string("not counted"),
            "vouchesFor": .array(Self.vouchesFor.map { .string($0) }),
            "cannotVouchFor": .array(Self.cannotVouchFor.map { .string($0) }),
            "publicKey": .string(PaddedBase64.encode(publicKey)), "signatureAlgorithm": .string("Ed25519"),
        ])
        let signature: [UInt8]
        do throws(SealError) {
            signature = try Ed25519.sign(statement.encoded(), seed: seed)
        } catch {
            throw KeyBackendError(.unavailable, error.message, underlying: error)
        }
        let json = JSONValue.object([
            "statement": statement, "signature": .string(PaddedBase64.encode(signature)),
        ]).encoded()
        // Checked before it takes the key's place: a receipt that nobody accepts would be found too late.
        try self.init(verifying: json, publicKey: publicKey)
        precondition(json.count <= ArchiveDocument.receiptSizeBytesMax, "a receipt of \(json.count) bytes")
    }
}
