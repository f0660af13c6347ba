import StrongroomCrypto
import StrongroomKeys
import StrongroomTestSupport
import SystemPackage
import Testing

@testable import StrongroomKMS

/// Short secrets sealed by a key itself, and what else has to do with plaintext.
@Suite struct KeyEncryptionTests {
    private let folder = TemporaryFolder()

    private func open() async throws -> KeyService {
        try await KeyService.open(keyring: folder.path.appending("keyring"), creates: true)
    }

    private func secret(_ count: Int) throws -> SecretBytes { try SecretBytes.random(count: count) }

    @Test(arguments: [1, 31, 32, 33, 1024, 4095, 4096])
    func whatIsSealedOpensUnderItsContextOnly(_ count: Int) async throws {
        let service = try await open()
        let (key, other) = (try await service.createKey(), try await service.createKey())
        let context = try EncryptionContext(["a": "bc"])
        let plaintext = try secret(count)
        let sealed = try await service.encrypt(plaintext, keyID: key.arn, encryptionContext: context)
        #expect(sealed.bytes.count <= KeyCiphertext.sizeBytesMax)
        let opened = try await service.decrypt(
            try KeyCiphertext(sealed.bytes), keyID: key.keyID, encryptionContext: context)
        #expect(try opened.isEqual(to: plaintext))
        let wrong = try EncryptionContext(["ab": "c"])
        #expect(
            try await code { _ = try await service.decrypt(sealed, encryptionContext: wrong) } == .invalidCiphertext)
        #expect(
            try await code { _ = try await service.decrypt(sealed, keyID: other.arn, encryptionContext: context) }
                == .incorrectKey)
    }

    /// Each byte, and each length but its own: damage, or a key or material that is not there.
    @Test func everyByteOfACiphertextCounts() async throws {
        let service = try await open()
        let sealed = try await service.encrypt(try secret(5)).bytes
        for index in sealed.indices {
            var damaged = sealed
            damaged[index] ^= 0x10
            let found = try await code { _ = try await service.decrypt(try KeyCiphertext(damaged)) }
            #expect(found == (1..<49 ~= index ? .notFound : .invalidCiphertext), "byte \(index)")
        }
        for bytes in [[], Array(sealed.dropLast()), sealed + [0], Array(sealed.prefix(121)), Array(sealed.prefix(49))] {
            #expect(
                try await code { _ = try await service.decrypt(try KeyCiphertext(bytes)) } == .invalidCiphertext)
        }
    }

    @Test(arguments: [0, 4097]) func whatIsTooShortOrTooLongIsRefused(_ count: Int) async throws {
        let service = try await open()
        #expect(try await code { _ = try await service.encrypt(try secret(count)) } == .validation)
    }

    @Test func aDataKeyIsACiphertextToo() async throws {
        let service = try await open()
        let context = try EncryptionContext(["a": "b"])
        let generated = try await service.generateDataKey(encryptionContext: context)
        let opened = try await service.decrypt(
            try KeyCiphertext(generated.wrapped), encryptionContext: context)
        #expect(try opened.isEqual(to: generated.plaintext))
        let sealed = try await service.generateDataKeyWithoutPlaintext(encryptionContext: context)
        #expect(try await service.decrypt(sealed, encryptionContext: context).count == 32)
        #expect(throws: KeyServiceError.self) {
            try KeyCiphertext(WrappedDataKey(keyID: "s3", keyVersion: "1", bytes: [1]))
        }
    }

    @Test func reEncryptionMovesToAnotherKeyAndContext() async throws {
        let service = try await open()
        let (one, two) = (try await service.createKey(), try await service.createKey())
        let (before, after) = (try EncryptionContext(["v": "1"]), try EncryptionContext(["v": "2"]))
        let plaintext = try secret(100)
        let sealed = try await service.encrypt(plaintext, keyID: one.arn, encryptionContext: before)
        let moved = try await service.reEncrypt(
            sealed, sourceKeyID: one.arn, sourceContext: before, destinationKeyID: two.arn, destinationContext: after)
        #expect(try await service.decrypt(moved, keyID: two.arn, encryptionContext: after).isEqual(to: plaintext))
        #expect(
            try await code {
                _ = try await service.reEncrypt(
                    sealed, sourceKeyID: two.arn, sourceContext: before, destinationKeyID: two.arn)
            } == .incorrectKey)
        #expect(
            try await code {
                _ = try await service.reEncrypt(sealed, sourceContext: after, destinationKeyID: two.arn)
            } == .invalidCiphertext)
        _ = try await service.disableKey(two.arn)
        #expect(
            try await code {
                _ = try await service.reEncrypt(sealed, sourceContext: before, destinationKeyID: two.arn)
            } == .disabled)
    }

    /// A dry run fails as the request would, or says that it would have succeeded; and nothing has happened.
    @Test func aDryRunDoesNothing() async throws {
        let service = try await open()
        let key = try await service.createKey()
        let sealed = try await service.encrypt(try secret(9), keyID: key.arn)
        let grantee = "arn:aws:iam::000000000000:role/tenant"
        let granted = try await service.createGrant(on: key.arn, to: grantee, operations: [.decrypt]).grant.grantID
        let calls: [@Sendable () async throws -> Void] = [
            { _ = try await service.generateDataKey(keyID: key.arn, dryRun: true) },
            { _ = try await service.generateDataKeyWithoutPlaintext(keyID: key.arn, dryRun: true) },
            { _ = try await service.encrypt(try secret(9), keyID: key.arn, dryRun: true) },
            { _ = try await service.decrypt(sealed, dryRun: true) },
            { _ = try await service.reEncrypt(sealed, destinationKeyID: key.arn, dryRun: true) },
            { _ = try await service.createGrant(on: key.arn, to: grantee, operations: [.encrypt], dryRun: true) },
        ]
        let ofGrants: [@Sendable () async throws -> Void] = [
            { try await service.retireGrant(granted, on: key.arn, dryRun: true) },
            { try await service.revokeGrant(granted, on: key.arn, dryRun: true) },
        ]
        for call in calls + ofGrants { #expect(try await code(call) == .dryRunOperation) }
        #expect(try await service.listGrants(on: key.arn).items.map(\.grantID) == [granted])
        _ = try await service.disableKey(key.arn)
        for call in calls { #expect(try await code(call) == .disabled) }
    }

    @Test func randomnessComesInSizes() async throws {
        let service = try await open()
        for count in [1, 32, 1024] { #expect(try await service.generateRandom(count: count).count == count) }
        for count in [0, 1025, -1] {
            #expect(try await code { _ = try await service.generateRandom(count: count) } == .validation)
        }
        let one = try await service.generateRandom(count: 32)
        let two = try await service.generateRandom(count: 32)
        #expect(try !one.isEqual(to: two))
    }
}
