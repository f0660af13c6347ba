import StrongroomCrypto
import StrongroomKeys
import StrongroomTestSupport
import SystemPackage
import Testing

@testable import StrongroomKMS

/// What the key service promises, one promise at a time.
@Suite struct KeyServiceTests {
    let folder = TemporaryFolder()

    func open(creates: Bool = true, account: String? = nil, region: String? = nil) async throws -> KeyService {
        try await KeyService.open(
            keyring: folder.path.appending("keyring"), creates: creates, account: account, region: region)
    }

    // MARK: - Names

    @Test func aKeyHasFourNames() async throws {
        let service = try await open(account: "111122223333", region: "eu-central-1")
        let key = try await service.createKey(description: "photos")
        #expect(key.arn == "arn:aws:kms:eu-central-1:111122223333:key/\(key.keyID)")
        let alias = try await service.createAlias("alias/photos", targetKeyID: key.arn)
        #expect(alias.arn == "arn:aws:kms:eu-central-1:111122223333:alias/photos")
        for name in [key.keyID, key.arn, alias.name, alias.arn] {
            #expect(try await service.describeKey(name) == key)
            #expect(try await service.generateDataKey(keyID: name).wrapped.keyID == key.arn)
        }
        await service.close()
        #expect(try await open(creates: false).describeKey("alias/photos") == key)
    }

    @Test(arguments: [
        ("arn:aws:kms:eu-west-1:000000000000:key/", KeyServiceError.Code.notFound),
        ("arn:aws:kms:us-east-1:000000000001:key/", .notFound), ("arn:aws:s3:us-east-1:000000000000:key/", .invalidArn),
        ("arn:aws:kms:us-east-1:000000000000:grant/", .invalidArn), ("arn:", .invalidArn), ("x", .notFound),
        (" ", .notFound),
    ])
    func anArnOfAnotherPlaceNamesNoKey(_ prefix: String, _ expected: KeyServiceError.Code) async throws {
        let service = try await open()
        let id = try await service.describeKey().keyID
        for name in [prefix + id, prefix] {
            #expect(try await code { _ = try await service.describeKey(name) } != nil)
            #expect(try await code { _ = try await service.generateDataKey(keyID: name) } != nil)
        }
        #expect(try await code { _ = try await service.describeKey(prefix + id) } == expected)
        #expect(try await code { _ = try await service.describeKey(id.uppercased()) } == .notFound)
        #expect(try await code { _ = try await service.describeKey(id.filter { $0 != "-" }) } == .notFound)
    }

    @Test(arguments: [
        "photos", "alias/", "", "alias/a b", "alias/é", "alias/a\u{0}", "Alias/a", "alias/aws/x", "alias/aws/s3",
        "alias/" + String(repeating: "a", count: 251),
    ])
    func aNameThatBreaksTheRulesIsRefused(_ name: String) async throws {
        let service = try await open()
        let id = try await service.describeKey().keyID
        let calls: [() async throws -> Void] = [
            { _ = try await service.createAlias(name, targetKeyID: id) },
            { _ = try await service.updateAlias(name, targetKeyID: id) }, { try await service.deleteAlias(name) },
        ]
        for call in calls { #expect(try await code(call) == .invalidAliasName) }
    }

    @Test func anAliasPointsToAKeyAndNotToAnAlias() async throws {
        let service = try await open()
        let key = try await service.createKey()
        _ = try await service.createAlias("alias/" + String(repeating: "a", count: 250), targetKeyID: key.keyID)
        _ = try await service.createAlias("alias/a:b/c_d-E9", targetKeyID: key.keyID)
        for target in [KeyService.defaultKeyID, "arn:aws:kms:us-east-1:000000000000:alias/aws/s3"] {
            #expect(
                try await code { _ = try await service.createAlias("alias/x", targetKeyID: target) } == .validation)
        }
        for index in 2..<50 { _ = try await service.createAlias("alias/\(index)", targetKeyID: key.keyID) }
        #expect(
            try await code { _ = try await service.createAlias("alias/51", targetKeyID: key.keyID) }
                == .limitExceeded)
        // A name that stays with its key needs no more room.
        _ = try await service.updateAlias("alias/2", targetKeyID: key.keyID)
        #expect(try await service.listAliases(keyID: key.arn).items.count == 50)
        #expect(try await service.listAliases().items.count == 51)
    }

    /// What was sealed under a name stays with the key that the name meant then.
    @Test func movingAnAliasMovesNothingThatWasSealed() async throws {
        let service = try await open()
        let (one, two) = (try await service.createKey(), try await service.createKey())
        _ = try await service.createAlias("alias/moving", targetKeyID: one.keyID)
        let generated = try await service.generateDataKey(keyID: "alias/moving")
        _ = try await service.updateAlias("alias/moving", targetKeyID: two.keyID)
        #expect(try await service.generateDataKey(keyID: "alias/moving").wrapped.keyID == two.arn)
        #expect(try await service.decrypt(generated.wrapped).isEqual(to: generated.plaintext))
        #expect(try await service.rewrap(generated.wrapped).keyID == one.arn)
        var renamed = generated.wrapped
        renamed.keyID = "alias/moving"
        #expect(try await code { _ = try await service.decrypt(renamed) } == .validation)
    }

    // MARK: - Cryptography

    @Test func aSealedKeyOpensUnderItsKeyAndItsContextOnly() async throws {
        let service = try await open()
        let (mine, other) = (try await service.createKey(), try await service.createKey())
        let context = try EncryptionContext(["aws:s3:arn": "arn:aws:s3:::b/k", "a": "bc"])
        let generated = try await service.generateDataKey(keyID: mine.arn, encryptionContext: context)
        let sealed = generated.wrapped
        for name in [mine.keyID, mine.arn] {
            let key = try await service.decrypt(sealed, keyID: name, encryptionContext: context)
            #expect(try key.isEqual(to: generated.plaintext))
        }
        // The order of pairs does not count; everything else does.
        let reordered = try EncryptionContext([
            (name: "a", value: "bc"), (name: "aws:s3:arn", value: "arn:aws:s3:::b/k"),
        ])
        _ = try await service.decrypt(sealed, encryptionContext: reordered)
        for pairs in [
            [:], ["aws:s3:arn": "arn:aws:s3:::b/k"], ["aws:s3:arn": "arn:aws:s3:::b/k", "ab": "c"],
            ["aws:s3:arn": "arn:aws:s3:::b/k", "A": "bc"], ["aws:s3:arn": "arn:aws:s3:::b/K", "a": "bc"],
            ["aws:s3:arn": "arn:aws:s3:::b/k", "a": "bc", "z": ""],
        ] as [[String: String]] {
            let wrong = try EncryptionContext(pairs)
            #expect(
                try await code { _ = try await service.decrypt(sealed, encryptionContext: wrong) }
                    == .invalidCiphertext)
            #expect(
                try await code { _ = try await service.rewrap(sealed, encryptionContext: wrong) }
                    == .invalidCiphertext)
        }
        #expect(
            try await code {
                _ = try await service.decrypt(sealed, keyID: other.arn, encryptionContext: context)
            } == .incorrectKey)
        // Who exchanges the material's id, too, finds that the bytes are another material's.
        var exchanged = sealed
        (exchanged.keyID, exchanged.keyVersion) = (other.arn, other.currentMaterialID!)
        #expect(
            try await code { _ = try await service.decrypt(exchanged, encryptionContext: context) }
                == .invalidCiphertext)
    }

    @Test func everyByteOfASealedKeyCounts() async throws {
        let service = try await open()
        let sealed = try await service.generateDataKey().wrapped
        for index in sealed.bytes.indices {
            var damaged = sealed
            damaged.bytes[index] ^= 0x10
            #expect(try await code { _ = try await service.decrypt(damaged) } == .invalidCiphertext)
        }
        for bytes in [[], Array(sealed.bytes.dropLast()), sealed.bytes + [0]] {
            var damaged = sealed
            damaged.bytes = bytes
            #expect(try await code { _ = try await service.decrypt(damaged) } == .invalidCiphertext)
        }
        for index in sealed.keyVersion.indices {
            var damaged = sealed
            let digit: Character = sealed.keyVersion[index] == "0" ? "1" : "0"
            damaged.keyVersion.replaceSubrange(index...index, with: [digit])
            #expect(try await code { _ = try await service.decrypt(damaged) } == .notFound)
        }
    }

    @Test func aKeyOfAnotherServiceIsUnknown() async throws {
        let other = try await KeyService.open(keyring: folder.path.appending("other"), creates: true)
        let sealed = try await other.generateDataKey().wrapped
        let service = try await open()
        #expect(try await code { _ = try await service.decrypt(sealed) } == .notFound)
    }

    @Test func rotationKeepsWhatWasSealed() async throws {
        let service = try await open()
        let key = try await service.createKey()
        let generated = try await service.generateDataKey(keyID: key.arn)
        for count in 2...26 {
            let rotated = try await service.rotateKey(key.keyID)
            #expect(rotated.materialCount == count && rotated.currentMaterialID != generated.wrapped.keyVersion)
        }
        #expect(try await code { _ = try await service.rotateKey(key.keyID) } == .limitExceeded)
        #expect(try await service.decrypt(generated.wrapped).isEqual(to: generated.plaintext))
        let rotations = try await service.listRotations(key.arn).items
        let resealed = try await service.rewrap(generated.wrapped)
        #expect(rotations.map(\.isCurrent) == Array(repeating: false, count: 25) + [true])
        #expect(rotations[0].materialID == generated.wrapped.keyVersion)
        #expect(rotations[25].materialID == resealed.keyVersion)
        #expect(try await service.decrypt(resealed).isEqual(to: generated.plaintext))
        var relabelled = resealed
        relabelled.keyVersion = generated.wrapped.keyVersion
        #expect(try await code { _ = try await service.decrypt(relabelled) } == .invalidCiphertext)
    }

    // MARK: - States

    @Test func aDisabledKeyDoesNothingUntilItIsEnabled() async throws {
        let service = try await open()
        let key = try await service.createKey()
        let generated = try await service.generateDataKey(keyID: key.arn)
        #expect(try await service.disableKey(key.arn).state == .disabled)
        let calls: [() async throws -> Void] = [
            { _ = try await service.generateDataKey(keyID: key.arn) },
            { _ = try await service.decrypt(generated.wrapped) },
            { _ = try await service.rewrap(generated.wrapped) },
            { _ = try await service.rotateKey(key.arn) },
        ]
        for call in calls { #expect(try await code(call) == .disabled) }
        _ = try await service.generateDataKey()
        #expect(try await service.enableKey(key.arn).state == .enabled)
        for call in calls { #expect(try await code(call) == nil) }
    }

    @Test func aClosedServiceAnswersNothing() async throws {
        let service = try await open()
        let sealed = try await service.generateDataKey().wrapped
        await service.close()
        await service.close()
        let calls: [() async throws -> Void] = [
            { _ = try await service.decrypt(sealed) }, { _ = try await service.createKey() },
            { _ = try await service.listKeys() }, { _ = try await service.status() },
        ]
        for call in calls {
            let error = await #expect(throws: KeyServiceError.self) { try await call() }
            #expect((error?.underlying as? KeyBackendError)?.code == .closed)
        }
        let error = await #expect(throws: KeyBackendError.self) { try await service.replaceRootKey(.recorded) }
        #expect(error?.code == .closed)
    }

    // MARK: - Lists and counters

    @Test func limitsAndMarkersAreChecked() async throws {
        let service = try await open()
        for limit in [0, -1, 1001] {
            #expect(try await code { _ = try await service.listKeys(limit: limit) } == .validation)
            #expect(try await code { _ = try await service.listAliases(limit: limit) } == .validation)
        }
        #expect(try await code { _ = try await service.listKeys(marker: "x") } == .invalidMarker)
        #expect(try await code { _ = try await service.listAliases(marker: "x") } == .invalidMarker)
        #expect(
            try await code { _ = try await service.listRotations(KeyService.defaultKeyID, marker: "x") }
                == .invalidMarker)
        let long = String(repeating: "x", count: 8193)
        #expect(try await code { _ = try await service.createKey(description: long) } == .validation)
    }

    @Test func requestsAreCounted() async throws {
        let service = try await open()
        let key = try await service.createKey()
        for _ in 0..<3 { _ = try await service.generateDataKey(keyID: key.arn) }
        let sealed = try await service.generateDataKey().wrapped
        _ = try await service.disableKey(key.arn)
        _ = try await code { _ = try await service.generateDataKey(keyID: key.arn) }
        _ = try await service.decrypt(sealed)
        #expect(try await service.requestCounts(of: key.arn) == [.createKey: 1, .generateDataKey: 4, .disableKey: 1])
        #expect(try await service.requestCounts(of: KeyService.defaultKeyID) == [.generateDataKey: 1, .decrypt: 1])
        #expect(
            try await service.status().requestCounts == [
                .createKey: 1, .generateDataKey: 5, .disableKey: 1, .decrypt: 1,
            ])
    }

    // MARK: - Many at once

    /// Changes come one after the other, and none is lost; what seals and opens never sees half of one.
    @Test func manyTasksChangeAndUseKeysAtOnce() async throws {
        let service = try await open()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for index in 0..<16 {
                group.addTask {
                    let key = try await service.createKey(description: "\(index)")
                    _ = try await service.createAlias("alias/\(index)", targetKeyID: key.arn)
                    let generated = try await service.generateDataKey(keyID: "alias/\(index)")
                    let rotated = try await service.rotateKey(key.keyID)
                    let resealed = try await service.rewrap(generated.wrapped)
                    #expect(resealed.keyVersion == rotated.currentMaterialID)
                    _ = try await service.disableKey(key.keyID)
                    let error = await #expect(throws: KeyServiceError.self) { _ = try await service.decrypt(resealed) }
                    #expect(error?.code == .disabled)
                    _ = try await service.enableKey(key.keyID)
                    for sealed in [generated.wrapped, resealed] {
                        #expect(try await service.decrypt(sealed).isEqual(to: generated.plaintext))
                    }
                }
            }
            try await group.waitForAll()
        }
        await service.close()
        let reopened = try await open(creates: false)
        let keys = try await reopened.listKeys().items
        #expect(keys.count == 17 && keys.count { $0.materialCount == 2 && $0.state == .enabled } == 16)
        #expect(try await reopened.status().aliasCount == 17)
    }

    // MARK: - Size

    /// Ten thousand keys are found, listed, written and opened; few of them stand open in locked memory.
    @Test func thereMayBeTenThousandKeys() async throws {
        let service = try await open()
        let host = ProcessKeyBackendHost.silent
        try await service.changeRegistry { (registry, sealer) throws(KeyServiceError) in
            for index in 0..<10_000 {
                let id = KeyID(random: SystemBytes.random(16))
                do throws(KeyBackendError) {
                    let material = try sealer.make(for: id, host)
                    try insert(id, material, index, &registry)
                } catch {
                    throw KeyServiceError(error)
                }
            }
        }
        await service.close()
        let reopened = try await open(creates: false)
        #expect(try await reopened.status().keyCount == 10_001)
        var sealed: [WrappedDataKey] = []
        for index in stride(from: 0, to: 10_000, by: 5) {
            sealed.append(try await reopened.generateDataKey(keyID: "alias/k\(index)").wrapped)
        }
        for wrapped in sealed { _ = try await reopened.decrypt(wrapped) }
        _ = try await reopened.rotateKey("alias/k9999")
        var (count, marker) = (0, String?.none)
        repeat {
            let page = try await reopened.listKeys(limit: 1000, marker: marker)
            (count, marker) = (count + page.items.count, page.nextMarker)
        } while marker != nil
        #expect(count == 10_001)
    }

    private func insert(
        _ id: KeyID, _ material: KeyMaterial, _ index: Int, _ registry: inout KeyRegistry
    ) throws(KeyBackendError) {
        do throws(KeyServiceError) {
            try registry.insert(
                KeyRecord(
                    id: id, createdMilliseconds: 1, manager: .customer, keyDescription: "", materials: [material]))
            try registry.insert(
                AliasRecord(
                    name: try AliasName("alias/k\(index)"), keyID: id, createdMilliseconds: 1, updatedMilliseconds: 1))
        } catch {
            throw KeyBackendError(error)
        }
    }
}

private enum SystemBytes {
    static func random(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8.random(in: 0...255) } }
}
