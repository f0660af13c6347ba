import StrongroomCrypto
import StrongroomTestSupport
import SystemPackage
import Testing

@testable import StrongroomKMS
@testable import StrongroomKeyring
@testable import StrongroomKeys

/// Material from elsewhere: it comes in sealed, and goes for good.
@Suite struct KeyImportTests {
    private let folder = TemporaryFolder()
    private let host = ClockedHost()

    private func open(creates: Bool = false) async throws -> KeyService {
        try await KeyService.open(keyring: folder.path.appending("keyring"), creates: creates, host: host)
    }

    private func material(_ byte: UInt8 = 1, count: Int = 32) throws -> SecretBytes {
        let bytes = [UInt8](repeating: byte, count: count)
        // Safe: a UInt8 is raw bytes.
        return try SecretBytes(copying: unsafe bytes.span.bytes)
    }

    @Test func aKeyWaitsForItsMaterialAndTakesNoOther() async throws {
        var service = try await open(creates: true)
        let key = try await service.createKey(origin: .external)
        #expect(key.state == .pendingImport && key.origin == .external && key.currentMaterialID == nil)
        let imported = try await service.importKeyMaterial(into: key.arn, try material())
        #expect(imported.state == .enabled && imported.materialCount == 1)
        let generated = try await service.generateDataKey(keyID: key.arn)
        #expect(try await service.deleteImportedKeyMaterial(of: key.arn).state == .pendingImport)
        #expect(try await code { _ = try await service.decrypt(generated.wrapped) } == .invalidState)
        await service.close()
        service = try await open()
        #expect(
            try await code { _ = try await service.importKeyMaterial(into: key.arn, try material(2)) }
                == .incorrectKeyMaterial)
        // What recognises it comes along when the root key is replaced.
        try await service.replaceRootKey(.recorded)
        let again = try await service.importKeyMaterial(into: key.arn, try material())
        #expect(again.currentMaterialID == imported.currentMaterialID)
        #expect(try await service.decrypt(generated.wrapped).isEqual(to: generated.plaintext))
        for count in [0, 16, 31, 33] {
            #expect(
                try await code { _ = try await service.importKeyMaterial(into: key.arn, try material(1, count: count)) }
                    == .validation)
        }
    }

    @Test func newMaterialWaitsForARotationAndTheOldOpensOn() async throws {
        var service = try await open(creates: true)
        let key = try await service.createKey(origin: .external)
        #expect(try await code { _ = try await service.rotateKey(key.arn) } == .invalidState)
        let first = try await service.importKeyMaterial(into: key.arn, try material(1))
        let old = try await service.generateDataKey(keyID: key.arn)
        #expect(try await code { _ = try await service.rotateKey(key.arn) } == .invalidState)
        let waiting = try await service.importKeyMaterial(into: key.arn, try material(2), type: .new)
        #expect(waiting.currentMaterialID == first.currentMaterialID && waiting.pendingMaterialID != nil)
        // Who does not know how an import ended repeats it; other material has to wait.
        let again = try await service.importKeyMaterial(into: key.arn, try material(2), type: .new)
        #expect(again == waiting)
        #expect(
            try await code { _ = try await service.importKeyMaterial(into: key.arn, try material(3), type: .new) }
                == .invalidState)
        await service.close()
        service = try await open()
        try await service.replaceRootKey(.recorded)
        let rotated = try await service.rotateKey(key.arn)
        #expect(rotated.currentMaterialID == waiting.pendingMaterialID && rotated.pendingMaterialID == nil)
        #expect(rotated.materialCount == 2)
        await service.close()
        service = try await open()
        let new = try await service.generateDataKey(keyID: key.arn)
        #expect(new.wrapped.keyVersion == waiting.pendingMaterialID)
        #expect(try await service.decrypt(old.wrapped).isEqual(to: old.plaintext))
        #expect(try await service.rewrap(old.wrapped).keyVersion == waiting.pendingMaterialID)
        // Without the old material the key is not used, though the one that seals is there.
        let missing = try await service.deleteImportedKeyMaterial(of: key.arn, materialID: first.currentMaterialID)
        #expect(missing.state == .pendingImport && missing.currentMaterialID == rotated.currentMaterialID)
        #expect(try await code { _ = try await service.decrypt(new.wrapped) } == .invalidState)
        #expect(
            try await code { _ = try await service.importKeyMaterial(into: key.arn, try material(1), type: .new) }
                == .incorrectKeyMaterial)
        _ = try await service.importKeyMaterial(
            into: key.arn, try material(1), type: .existing, materialID: first.currentMaterialID)
        #expect(try await service.decrypt(old.wrapped).isEqual(to: old.plaintext))
        #expect(try await service.decrypt(new.wrapped).isEqual(to: new.plaintext))
        #expect(try await code { _ = try await service.enableKeyRotation(key.arn) } == .unsupportedOperation)
    }

    /// New material has no id by which it could be named, whether that is said or is so because it is the first.
    @Test(arguments: [nil, KeyImportType.new]) func newMaterialIsNotNamed(_ type: KeyImportType?) async throws {
        let service = try await open(creates: true)
        let key = try await service.createKey(origin: .external)
        #expect(
            try await code {
                _ = try await service.importKeyMaterial(
                    into: key.arn, try material(), type: type, materialID: String(repeating: "a", count: 64))
            } == .validation)
        #expect(try await service.describeKey(key.arn).state == .pendingImport)
    }

    /// The disk was full when it expired, and is not any more.
    @Test func noRotationGoesToMaterialThatHasExpired() async throws {
        let regions = Regions()
        let service = try await regions.create("eu-west-1")
        let key = try await service.createKey(origin: .external)
        let first = try await service.importKeyMaterial(into: key.arn, try material(1))
        _ = try await service.importKeyMaterial(
            into: key.arn, try material(2), type: .new,
            expiresMilliseconds: regions.host.wallMilliseconds() + 86_400_000)
        regions.host.pass(days: 2)
        regions.endDisk(after: 0)
        #expect(try await service.describeKey(key.arn).pendingMaterialID == nil)
        regions.mendDisk()
        #expect(try await code { _ = try await service.rotateKey(key.arn) } == .invalidState)
        #expect(try await service.describeKey(key.arn).currentMaterialID == first.currentMaterialID)
        await service.close()
    }

    @Test func aKeyWithImportedMaterialIsRotated25Times() async throws {
        let service = try await open(creates: true)
        let key = try await service.createKey(origin: .external)
        _ = try await service.importKeyMaterial(into: key.arn, try material(0))
        for byte in 1...25 as ClosedRange<UInt8> {
            _ = try await service.importKeyMaterial(into: key.arn, try material(byte), type: .new)
            _ = try await service.rotateKey(key.arn)
        }
        _ = try await service.importKeyMaterial(into: key.arn, try material(26), type: .new)
        #expect(try await code { _ = try await service.rotateKey(key.arn) } == .limitExceeded)
        let page = try await service.listRotations(key.arn, including: .rotationsOnly, limit: 20)
        let rest = try await service.listRotations(
            key.arn, including: .rotationsOnly, limit: 20, marker: page.nextMarker)
        #expect(page.items.count == 20 && rest.items.count == 5 && rest.nextMarker == nil)
    }

    /// Nothing hangs on what has not sealed yet.
    @Test func whatWaitsForARotationGoesWithoutAQuestion() async throws {
        let service = try await open(creates: true)
        let key = try await service.createKey(origin: .external)
        _ = try await service.importKeyMaterial(into: key.arn, try material(1))
        let day: Int64 = 86_400_000
        let end = host.wallMilliseconds() + 1_000 * day
        let place = KeyDependencies.Place(
            store: "/store", bucket: "vault", objectCount: 1, lockedCount: 1, lockedUntilMilliseconds: end)
        host.say(KeyDependencies(places: [place], storeCount: 1, unknown: nil))
        let waiting = try await service.importKeyMaterial(into: key.arn, try material(2), type: .new)
        let id = try #require(waiting.pendingMaterialID)
        #expect(try await code { _ = try await service.deleteImportedKeyMaterial(of: key.arn) } == .keyInUse)
        let asked = host.questionCount
        let deleted = try await service.deleteImportedKeyMaterial(of: key.arn, materialID: id)
        #expect(deleted.state == .enabled && deleted.pendingMaterialID == nil && host.questionCount == asked)
        #expect(
            try await code { _ = try await service.deleteImportedKeyMaterial(of: key.arn, materialID: id) }
                == .notFound)
        _ = try await service.importKeyMaterial(
            into: key.arn, try material(3), type: .new, expiresMilliseconds: host.wallMilliseconds() + day)
        host.pass(days: 1.01)
        let expired = try await service.describeKey(key.arn)
        #expect(expired.state == .enabled && expired.pendingMaterialID == nil && host.questionCount == asked)
        #expect(try await code { _ = try await service.rotateKey(key.arn) } == .invalidState)
    }

    /// A keyring from before imported keys could be rotated says the same as it does now.
    @Test func aKeyWithOneImportIsWrittenAsBefore() throws {
        let id = KeyMaterialID(bytes: [UInt8](repeating: 3, count: 32))
        let seals = [UInt8](repeating: 4, count: KeyMaterial.sealedKeySizeBytes)
        var key = KeyRecord(
            id: KeyID(random: [UInt8](repeating: 1, count: 16)), createdMilliseconds: 5, manager: .customer,
            keyDescription: "", materials: [], origin: .external)
        key.imported = [
            ImportedMaterial(
                materialID: id, sealedVerifier: seals, expiresMilliseconds: 9, importedMilliseconds: 7,
                currentSinceMilliseconds: 7)
        ]
        key.materials = [KeyMaterial(id: id, createdMilliseconds: 7, sealedKey: seals, cause: .importing)]
        let written = KeyAttributes.encoded(key)
        // Number 4 of 144 bytes, and number 5 of one.
        #expect(written.count == 2 + 6 + 144 + 6 + 1)
        var read = key
        (read.imported, read.origin) = ([], .service)
        var reader = ByteReader(written)
        try KeyAttributes.decode(&reader, into: &read)
        #expect(read == key)
    }

    private static func keyID(_ byte: UInt8) -> KeyID {
        KeyID(random: [UInt8](repeating: byte, count: KeyID.sizeBytes), isMultiRegion: false)
    }

    /// Each request had a thread of its own for seconds, and a process that gets no more threads ends.
    @Test func keyPairsAreMadeForFewAtOnceAndOneForEachKey() async throws {
        let imports = ImportParameters()
        let making = Task { _ = try? await Task.sleep(for: .seconds(600)) }
        await withTaskGroup(of: KeyServiceError.Code?.self) { group in
            // Six keys, and each twice: four places.
            for number in 0..<12 {
                group.addTask {
                    do throws(KeyServiceError) {
                        try await imports.amongFew(for: Self.keyID(UInt8(number % 6))) { await making.value }
                        return nil
                    } catch {
                        return error.code
                    }
                }
            }
            for _ in 0..<8 { #expect(await group.next() == .some(.throttling)) }
            making.cancel()
            for await code in group { #expect(code == nil) }
        }
        try await imports.amongFew(for: Self.keyID(1)) {}
    }

    /// Whoever had one key to import into could take away the tokens of all others.
    @Test func oneKeysTokensTakeNoOthersAway() {
        let (mine, other) = (Self.keyID(1), Self.keyID(2))
        var pending = [(token: [UInt8(200)], keyID: other, validToMilliseconds: Int64(1))]
        #expect(ImportParameters.oldestOfMost(pending) == [200])
        pending += (2...9).map { (token: [UInt8($0)], keyID: mine, validToMilliseconds: Int64($0)) }
        #expect(ImportParameters.oldestOfMost(pending.shuffled()) == [2])
        #expect(ImportParameters.oldestOfMost([]) == nil)
    }

    @Test func materialStaysForAYearAtMostWhereItIsToGo() async throws {
        let service = try await open(creates: true)
        let key = try await service.createKey(origin: .external)
        let latest = host.wallMilliseconds() + 365 * 86_400_000
        for expires in [latest + 1, .max] {
            #expect(
                try await code {
                    _ = try await service.importKeyMaterial(into: key.arn, try material(), expiresMilliseconds: expires)
                } == .validation)
        }
        let imported = try await service.importKeyMaterial(into: key.arn, try material(), expiresMilliseconds: latest)
        #expect(imported.expiryMilliseconds == latest)
        await service.close()
    }

    @Test func materialExpiresOnItsDay() async throws {
        let service = try await open(creates: true)
        let key = try await service.createKey(origin: .external)
        let day: Int64 = 86_400_000
        let expires = host.wallMilliseconds() + 10 * day
        let imported = try await service.importKeyMaterial(
            into: key.arn, try material(), expiresMilliseconds: expires)
        #expect(imported.expiryMilliseconds == expires)
        let generated = try await service.generateDataKey(keyID: key.arn)
        host.pass(days: 9.99)
        _ = try await service.decrypt(generated.wrapped)
        host.pass(days: 0.02)
        #expect(try await code { _ = try await service.decrypt(generated.wrapped) } == .invalidState)
        #expect(try await service.describeKey(key.arn).state == .pendingImport)
        #expect(
            try await code {
                _ = try await service.importKeyMaterial(into: key.arn, try material(), expiresMilliseconds: expires)
            } == .validation)
        _ = try await service.importKeyMaterial(into: key.arn, try material())
        #expect(try await service.decrypt(generated.wrapped).isEqual(to: generated.plaintext))
    }

    /// To import the same again, for a second, was a way around the lock.
    @Test func materialUnderWhichSomethingIsLockedDoesNotExpire() async throws {
        let service = try await open(creates: true)
        let key = try await service.createKey(origin: .external)
        let expires = host.wallMilliseconds() + 1_000
        _ = try await service.importKeyMaterial(into: key.arn, try material(), expiresMilliseconds: expires)
        let generated = try await service.generateDataKey(keyID: key.arn)
        for end in [host.wallMilliseconds() + 86_400_000, Int64.max] {
            let place = KeyDependencies.Place(
                store: "/store", bucket: "vault", objectCount: 1, lockedCount: 1, lockedUntilMilliseconds: end)
            host.say(KeyDependencies(places: [place], storeCount: 1, unknown: nil))
            host.pass(days: 3)
            #expect(try await service.decrypt(generated.wrapped).isEqual(to: generated.plaintext))
            let expected = end == .max ? .max : host.wallMilliseconds() + 86_400_000
            #expect(try await service.describeKey(key.arn).expiryMilliseconds == (end == .max ? nil : expected))
        }
    }

    @Test(arguments: ImportWrapping.Algorithm.allCases, [ImportWrapping.KeySpec.rsa2048, .rsa3072])
    func materialComesInEncrypted(
        _ algorithm: ImportWrapping.Algorithm, _ keySpec: ImportWrapping.KeySpec
    ) async throws {
        let service = try await open(creates: true)
        let (key, other) = (
            try await service.createKey(origin: .external), try await service.createKey(origin: .external)
        )
        let parameters = try await service.parametersForImport(
            into: key.arn, ImportWrapping(algorithm: algorithm, keySpec: keySpec))
        let token = parameters.importToken
        let encrypted = try PublicKeyEncryption.encrypt(
            [UInt8](repeating: 9, count: 32), for: parameters.publicKey, usesSHA1: algorithm == .oaepSHA1)
        func importing(_ bytes: [UInt8], _ token: [UInt8], into keyID: String) async throws -> KeyServiceError.Code? {
            try await code {
                _ = try await service.importKeyMaterial(into: keyID, encrypted: bytes, importToken: token)
            }
        }
        #expect(try await importing(encrypted, token, into: other.arn) == .invalidImportToken)
        #expect(try await importing(encrypted, token.reversed(), into: key.arn) == .invalidImportToken)
        for index in stride(from: 0, to: encrypted.count, by: 37) {
            var damaged = encrypted
            damaged[index] ^= 1
            #expect(try await importing(damaged, token, into: key.arn) == .invalidCiphertext)
        }
        #expect(try await importing([], token, into: key.arn) == .invalidCiphertext)
        let short = try PublicKeyEncryption.encrypt(
            [UInt8](repeating: 9, count: 31), for: parameters.publicKey, usesSHA1: algorithm == .oaepSHA1)
        #expect(try await importing(short, token, into: key.arn) == .invalidCiphertext)
        #expect(try await service.describeKey(key.arn).state == .pendingImport)
        #expect(try await importing(encrypted, token, into: key.arn) == nil)
        // It is that material, and no other.
        #expect(
            try await code { _ = try await service.importKeyMaterial(into: key.arn, try material(9)) } == nil)
        host.pass(days: 1.01)
        #expect(try await importing(encrypted, token, into: key.arn) == .expiredImportToken)
    }
}
