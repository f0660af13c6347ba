internal import StrongroomCrypto
internal import StrongroomKeyring
internal import StrongroomKeys

/// What the archive's keyring file holds: a header as every keyring has, and as its body the epochs.
///
///     offset size
///     0      32   public key of the receipts' signatures (Ed25519)
///     32     104  its seed, sealed under the root key
///     136    4    number of epochs
///     140    …    each: epoch u32 | state u16: 1 key, 2 destroyed | zero u16 | created i64 | rotated i64, 0 if current
///                 | destroyed i64, 0 if not | size L u32 | L bytes: the sealed key (104), or the shred receipt
///
/// Little-endian, times in milliseconds since 1970; part of the format, must not change. That a receipt takes the key's
/// place makes the two one change: after a crash there is the key, or there is the receipt.
struct ArchiveDocument: Sendable, Equatable {
    static let sealedKeySizeBytes = 104
    /// Bounds of what one keyring holds, so that the file and the answer to `status` stay within theirs.
    static let epochCountMax = 4096
    static let receiptSizeBytesMax = 3840
    private static let epochSizeBytesMin = 36

    var header: KeyringHeader
    var receiptPublicKey: [UInt8]
    var sealedReceiptSeed: [UInt8]
    /// Ascending; the last is the current one.
    var epochs: [ArchiveEpoch]

    /// The file that holds it.
    var file: KeyringFile {
        assert(receiptPublicKey.count == Ed25519.publicKeySizeBytes)
        assert(sealedReceiptSeed.count == Self.sealedKeySizeBytes)
        var body = receiptPublicKey + sealedReceiptSeed
        body.appendLittleEndian(UInt32(epochs.count))
        for epoch in epochs {
            let (state, content) =
                switch epoch.key {
                case .sealed(let key): (UInt16(1), key)
                case .destroyed(let receipt): (UInt16(2), receipt)
                }
            body.appendLittleEndian(epoch.number)
            body.appendLittleEndian(state)
            body.appendLittleEndian(UInt16(0))
            body.appendLittleEndian(UInt64(bitPattern: epoch.createdMilliseconds))
            body.appendLittleEndian(UInt64(bitPattern: epoch.rotatedMilliseconds))
            body.appendLittleEndian(UInt64(bitPattern: epoch.destroyedMilliseconds))
            body.appendLittleEndian(UInt32(content.count))
            body += content
        }
        return KeyringFile(kind: GlacierKeys.keyringKind, header: header, body: body)
    }

    init(header: KeyringHeader, receiptPublicKey: [UInt8], sealedReceiptSeed: [UInt8], epochs: [ArchiveEpoch]) {
        self.header = header
        self.receiptPublicKey = receiptPublicKey
        self.sealedReceiptSeed = sealedReceiptSeed
        self.epochs = epochs
    }

    /// Reads a body of which nothing is trusted.
    init(_ file: KeyringFile) throws(KeyBackendError) {
        var reader = ByteReader(file.body)
        header = file.header
        receiptPublicKey = try reader.bytes(Ed25519.publicKeySizeBytes)
        sealedReceiptSeed = try reader.bytes(Self.sealedKeySizeBytes)
        let count = Int(try reader.integer(UInt32.self))
        guard (1...Self.epochCountMax).contains(count), reader.remainingCount >= count * Self.epochSizeBytesMin else {
            throw KeyringFile.damaged("its length does not fit its number of epochs")
        }
        epochs = []
        for _ in 0..<count { epochs.append(try Self.decodeEpoch(&reader)) }
        guard reader.remainingCount == 0 else { throw KeyringFile.damaged("something follows its epochs") }
        try checkEpochs()
    }

    private static func decodeEpoch(_ reader: inout ByteReader) throws(KeyBackendError) -> ArchiveEpoch {
        let number = try reader.integer(UInt32.self)
        let state = try reader.integer(UInt16.self)
        guard try reader.integer(UInt16.self) == 0 else { throw KeyringFile.damaged("a reserved field is not zero") }
        let created = Int64(bitPattern: try reader.integer(UInt64.self))
        let rotated = Int64(bitPattern: try reader.integer(UInt64.self))
        let destroyed = Int64(bitPattern: try reader.integer(UInt64.self))
        let content = try reader.bytes(Int(try reader.integer(UInt32.self)))
        let key: ArchiveEpoch.Key
        switch state {
        case 1 where content.count == sealedKeySizeBytes && destroyed == 0: key = .sealed(content)
        case 2 where (1...receiptSizeBytesMax).contains(content.count): key = .destroyed(receipt: content)
        default: throw KeyringFile.damaged("epoch \(number) is in no state that there is")
        }
        return ArchiveEpoch(
            number: number, createdMilliseconds: created, rotatedMilliseconds: rotated,
            destroyedMilliseconds: destroyed, key: key)
    }

    /// Epochs are 1, 2, 3 and so on: none is missing, none comes twice; the last one, and no other, seals.
    private func checkEpochs() throws(KeyBackendError) {
        guard epochs.enumerated().allSatisfy({ $0.element.number == UInt32($0.offset + 1) }) else {
            throw KeyringFile.damaged("an epoch is missing or out of order")
        }
        guard let current = epochs.last, !current.isDestroyed, current.rotatedMilliseconds == 0 else {
            throw KeyringFile.damaged("it has no current epoch")
        }
    }
}
