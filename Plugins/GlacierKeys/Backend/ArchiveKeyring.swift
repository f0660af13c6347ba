internal import StrongroomCrypto
internal import StrongroomKeyring
internal import StrongroomKeys
internal import StrongroomSystem

/// An opened keyring of the archive: its document and its keys in locked memory.
///
/// Invariant: `keys` has exactly one key for each epoch of `document` that is not destroyed, by the epoch's number.
struct ArchiveKeyring: KeyringContent {
    static var kind: KeyringKind { GlacierKeys.keyringKind }

    private static let receiptSeedName = ["receipts"]

    private(set) var document: ArchiveDocument
    private var keys: [UInt32: WrappingKey]
    /// Signs the receipts of destroyed epochs.
    private let receiptSeed: SharedSecret

    var file: KeyringFile { document.file }
    var keyringID: [UInt8] { document.header.keyringID }
    /// The epoch that seals.
    var currentEpoch: UInt32 { UInt32(document.epochs.count) }

    private init(document: ArchiveDocument, receiptSeed: SharedSecret) {
        self.document = document
        self.receiptSeed = receiptSeed
        keys = [:]
    }

    /// A keyring with one epoch.
    static func make(
        _ header: KeyringHeader, _: [String: String], _ root: RootKeys, _ host: any KeyBackendHost
    ) throws(KeyBackendError) -> ArchiveKeyring {
        let random = HostRandom(host: host)
        let seed = try random.secret(count: Ed25519.seedSizeBytes)
        let document = ArchiveDocument(
            header: header, receiptPublicKey: try ShredReceipt.publicKey(seed: seed),
            sealedReceiptSeed: try root.seal(seed, as: receiptSeedName, random: random), epochs: [])
        var keyring = ArchiveKeyring(document: document, receiptSeed: SharedSecret(seed))
        try keyring.addEpoch(root, host)
        return keyring
    }

    init(opening file: KeyringFile, _ root: RootKeys) throws(KeyBackendError) {
        document = try ArchiveDocument(file)
        let seed = try root.open(document.sealedReceiptSeed, as: Self.receiptSeedName)
        guard try ShredReceipt.publicKey(seed: seed) == document.receiptPublicKey else {
            throw KeyringFile.damaged("the public key of its receipts is not that of their seed")
        }
        receiptSeed = SharedSecret(seed)
        keys = [:]
        for epoch in document.epochs {
            guard case .sealed(let key) = epoch.key else { continue }
            keys[epoch.number] = try WrappingKey(try root.open(key, as: ArchiveEpoch.keyName(epoch.number)))
        }
    }

    /// The key of an epoch, or why there is none.
    func key(of number: UInt32) throws(KeyBackendError) -> WrappingKey {
        if let key = keys[number] { return key }
        throw Self.noKey(try epoch(number))
    }

    func epoch(_ number: UInt32) throws(KeyBackendError) -> ArchiveEpoch {
        guard (1...currentEpoch).contains(number) else {
            throw KeyBackendError(
                .keyNotFound,
                "The archive keys have no epoch \(number), only 1 to \(currentEpoch); the keyring may be older than "
                    + "what was sealed: restore the newest one.")
        }
        return document.epochs[Int(number) - 1]
    }

    /// The receipt of an epoch that was destroyed.
    func receipt(of number: UInt32) throws(KeyBackendError) -> [UInt8] {
        guard case .destroyed(let receipt) = try epoch(number).key else {
            throw KeyBackendError(
                .invalidKeyState, "Epoch \(number) of the archive keys has not been destroyed, so it has no receipt.")
        }
        return receipt
    }

    /// The seed by which the audit trail is signed. Derived from that of the receipts, and not kept: so every keyring
    /// has one, and it stays when the root key is replaced.
    func auditSeed() throws(KeyBackendError) -> SharedSecret {
        do throws(SecretMemoryError) {
            return SharedSecret(
                try HKDF<SHA512>.expand(
                    receiptSeed.bytes, info: Array("strongroom/glacier/audit@v1\0".utf8) + keyringID,
                    count: Ed25519.seedSizeBytes))
        } catch {
            throw KeyBackendError(secretMemory: error)
        }
    }

    static func noKey(_ epoch: ArchiveEpoch) -> KeyBackendError {
        KeyBackendError(
            .keyNotFound,
            "Epoch \(epoch.number) of the archive keys was destroyed on "
                + "\(UTCTime.text(milliseconds: epoch.destroyedMilliseconds)), and what it sealed cannot be opened any "
                + "more; shred-receipt answers the receipt.")
    }

    // MARK: - Change

    /// Adds the next epoch, which is current from then on.
    mutating func addEpoch(_ root: RootKeys, _ host: any KeyBackendHost) throws(KeyBackendError) {
        guard document.epochs.count < ArchiveDocument.epochCountMax else {
            throw KeyBackendError(
                .unsupported,
                "The archive keys have \(ArchiveDocument.epochCountMax) epochs, which is all that a keyring holds; "
                    + "make another keyring for what is archived from now on.")
        }
        let now = host.wallMilliseconds()
        let number = currentEpoch + 1
        let key = try WrappingKey.random(host)
        let sealed = try root.seal(key.secret, as: ArchiveEpoch.keyName(number), random: HostRandom(host: host))
        if let last = document.epochs.indices.last {
            // Zero would say that it is still current.
            document.epochs[last].rotatedMilliseconds = max(now, 1)
        }
        document.epochs.append(
            ArchiveEpoch(
                number: number, createdMilliseconds: now, rotatedMilliseconds: 0, destroyedMilliseconds: 0,
                key: .sealed(sealed)))
        keys[number] = key
        assert(document.epochs.count { !$0.isDestroyed } == keys.count)
    }

    /// Fails for an epoch that still seals, and for one whose key is gone. Once it has succeeded for an epoch, it fails
    /// again only when that is destroyed: what is not current never becomes so.
    func checkDestroyable(_ number: UInt32) throws(KeyBackendError) {
        let epoch = try epoch(number)
        if epoch.isDestroyed { throw Self.noKey(epoch) }
        guard number != currentEpoch else {
            throw KeyBackendError(
                .invalidKeyState,
                "Epoch \(number) is the current one of the archive keys; begin another (rotate-epoch), move what is to "
                    + "be kept to it (reseal-wrap), then destroy this one.")
        }
    }

    /// Puts a signed receipt in the place of an epoch's key.
    mutating func destroyEpoch(_ number: UInt32, _ host: any KeyBackendHost) throws(KeyBackendError) {
        try checkDestroyable(number)
        var epoch = try epoch(number)
        epoch.destroyedMilliseconds = host.wallMilliseconds()
        let receipt = try ShredReceipt(
            of: epoch, keyringID: keyringID, publicKey: document.receiptPublicKey, seed: receiptSeed.bytes)
        epoch.key = .destroyed(receipt: receipt.json)
        document.epochs[Int(number) - 1] = epoch
        keys[number] = nil
        assert(document.epochs.count { !$0.isDestroyed } == keys.count)
    }

    func resealed(
        _ header: KeyringHeader, _ root: RootKeys, _ host: any KeyBackendHost
    ) throws(KeyBackendError) -> ArchiveKeyring {
        let random = HostRandom(host: host)
        var copy = self
        copy.document.header = header
        copy.document.sealedReceiptSeed = try root.seal(receiptSeed.bytes, as: Self.receiptSeedName, random: random)
        for (number, key) in keys {
            copy.document.epochs[Int(number) - 1].key = .sealed(
                try root.seal(key.secret, as: ArchiveEpoch.keyName(number), random: random))
        }
        return copy
    }
}
