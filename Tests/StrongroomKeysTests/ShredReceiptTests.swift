import StrongroomCrypto
import StrongroomKeyring
import StrongroomKeys
import Testing

@testable import StrongroomGlacierKeys

/// What a destroyed epoch leaves behind, and who believes it.
@Suite struct ShredReceiptTests {
    let archive = GlacierTestArchive()

    /// A receipt of epoch 1, and the public key that `status` names.
    private func destroyed() async throws -> (receipt: ShredReceipt, publicKey: [UInt8]) {
        let instance = try await archive.open(creates: true)
        let keys = ArchiveKeys(instance)
        _ = try await keys.seal([1], boundTo: [1])
        _ = try await keys.rotateEpoch()
        let destruction = try await keys.destroyEpoch(
            1, confirmation: try archive.confirmation(1), acceptingUnknownDependencies: true)
        guard case .string(let key)? = try await archive.status(instance)["receiptPublicKey"] else {
            throw KeyBackendError(.moduleFault, "no public key")
        }
        try await instance.close()
        return (destruction.receipt, try #require(PaddedBase64.decode(key)))
    }

    @Test func aReceiptSaysWhatItCoversAndWhatNot() async throws {
        let (receipt, publicKey) = try await destroyed()
        #expect(receipt.epoch == 1)
        #expect(try archive.confirmation(1).hasSuffix(receipt.keyringID))
        #expect(receipt.publicKey == publicKey)
        let limits = receipt.cannotVouchFor.joined(separator: "\n")
        for limit in ["backups and copies of the keyring", "Snapshots and journals", "not yet compacted", "memory"] {
            #expect(limits.contains(limit), "\(limit)")
        }
        let statement = try #require(try JSONValue.object(parsing: receipt.json)["statement"])
        guard case .object(let members) = statement else { throw KeyBackendError(.moduleFault, "no statement") }
        #expect(members["wrapsSealed"] == .string("not counted"))
        guard case .number(let created)? = members["createdMilliseconds"],
            case .number(let rotated)? = members["rotatedMilliseconds"],
            case .number(let destroyed)? = members["destroyedMilliseconds"]
        else { throw KeyBackendError(.moduleFault, "no times") }
        let times = try [created, rotated, destroyed].map { try #require(Int64($0)) }
        #expect(times == times.sorted() && times[2] == receipt.destroyedMilliseconds)
    }

    /// Canonical: what any library makes of the statement again, and so what it checks the signature over.
    @Test func aReceiptIsCanonicalASCII() async throws {
        let receipt = try await destroyed().receipt
        #expect(receipt.json.allSatisfy { (0x20..<0x7F).contains($0) })
        #expect(try JSONValue(parsing: receipt.json).encoded() == receipt.json)
        #expect(receipt.json.count <= ArchiveDocument.receiptSizeBytesMax)
    }

    @Test func aThirdPartyCanVerifyIt() async throws {
        let (receipt, publicKey) = try await destroyed()
        #expect(try ShredReceipt(verifying: receipt.json, publicKey: publicKey) == receipt)
        // With nothing but the bytes: the statement stands between its name and the end.
        let text = String(decoding: receipt.json, as: UTF8.self)
        let start = try #require(text.firstRange(of: #","statement":"#)).upperBound
        let statement = Array(text[start...].dropLast().utf8)
        guard case .string(let encoded)? = try JSONValue.object(parsing: receipt.json)["signature"] else {
            throw KeyBackendError(.moduleFault, "no signature")
        }
        let signature = try #require(PaddedBase64.decode(encoded))
        #expect(try Ed25519.isValid(signature, of: statement, publicKey: publicKey))
    }

    @Test func everyByteOfAReceiptCounts() async throws {
        let (receipt, publicKey) = try await destroyed()
        for index in receipt.json.indices {
            var altered = receipt.json
            altered[index] ^= 1
            #expect(throws: KeyBackendError.self, "byte \(index)") {
                _ = try ShredReceipt(verifying: altered, publicKey: publicKey)
            }
        }
        #expect(throws: KeyBackendError.self) {
            _ = try ShredReceipt(verifying: receipt.json + [0x20], publicKey: publicKey)
        }
    }

    /// A receipt that somebody else signed is whole, and says nothing of this keyring.
    @Test func aReceiptOfAnotherKeyIsRefused() async throws {
        let receipt = try await destroyed().receipt
        let other = try Ed25519.publicKey(seed: try SecretBytes.random(count: Ed25519.seedSizeBytes))
        let error = #expect(throws: KeyBackendError.self) {
            _ = try ShredReceipt(verifying: receipt.json, publicKey: other)
        }
        #expect(error?.code == .invalidCiphertext)
    }

    @Test func theSigningKeyAndReceiptsSurviveAnotherRootKey() async throws {
        let (receipt, publicKey) = try await destroyed()
        try GlacierKeys.replaceRootKey(keyring: archive.keyring, new: .recorded)
        let instance = try await archive.open()
        let keys = ArchiveKeys(instance)
        #expect(try await keys.shredReceipt(of: 1) == receipt)
        _ = try await keys.rotateEpoch()
        let second = try await keys.destroyEpoch(
            2, confirmation: try archive.confirmation(2), acceptingUnknownDependencies: true
        ).receipt
        #expect(second.publicKey == publicKey)
    }
}
