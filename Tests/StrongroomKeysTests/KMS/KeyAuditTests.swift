import Foundation
import StrongroomAudit
import StrongroomCrypto
import StrongroomKeyring
import StrongroomKeys
import StrongroomSimulation
import StrongroomSystem
import StrongroomTestSupport
import SystemPackage
import Testing

@testable import StrongroomKMS

/// Every call of the service leaves its record, and nothing is released without.
@Suite struct KeyAuditTests {
    private let audited: AuditedService
    private static let alice = "arn:aws:iam::000000000000:user/alice"

    init() throws { audited = try AuditedService() }

    // MARK: - What stands in a record

    @Test func aRecordSaysWhoDidWhatWithWhichKey() async throws {
        let service = try audited.open(creates: true)
        let key = try await service.createKey(description: "photos")
        let context = try EncryptionContext(["aws:s3:arn": "arn:aws:s3:::photos/cat.jpg"])
        var caller = Caller(principal: Self.alice, account: "000000000000")
        caller.sourceAddress = "192.0.2.7"
        caller.transport = .transportLayerSecurity(version: "1.3")
        caller.viaService = "s3"
        _ = try await service.generateDataKey(
            keyID: key.arn, encryptionContext: context, as: KeyRequester(caller, requestID: "request-1"))
        let record = try #require(try audited.records().last)
        #expect(record["eventName"] as? String == "GenerateDataKey")
        #expect(record["eventSource"] as? String == "kms.amazonaws.com")
        #expect(record["eventTime"] as? String == "2023-11-14T22:13:20Z")
        #expect(record["awsRegion"] as? String == "us-east-1")
        #expect(record["sourceIPAddress"] as? String == "192.0.2.7")
        #expect(record["requestID"] as? String == "request-1")
        #expect(record["readOnly"] as? Bool == true)
        #expect(record["errorCode"] == nil)
        #expect((record["tlsDetails"] as? [String: String])?["tlsVersion"] == "1.3")
        let identity = try #require(record["userIdentity"] as? [String: String])
        #expect(identity["type"] == "IAMUser" && identity["arn"] == Self.alice)
        #expect(identity["invokedBy"] == "s3.amazonaws.com")
        let parameters = try #require(record["requestParameters"] as? [String: Any])
        #expect(parameters["keyId"] as? String == key.arn)
        #expect(
            parameters["encryptionContext"] as? [String: String] == ["aws:s3:arn": "arn:aws:s3:::photos/cat.jpg"])
        #expect((record["resources"] as? [[String: String]])?.first?["ARN"] == key.arn)
        #expect((record["additionalEventData"] as? [String: String])?["keyMaterialId"] == key.currentMaterialID)
    }

    @Test func everyOperationLeavesOneRecordOfItsName() async throws {
        // Its own: related keys of whatever else is open in an account are looked after by all of it.
        let account = "200000000001"
        let service = try audited.open(creates: true, settings: ["account": account])
        let key = try await service.createKey()
        let other = try await service.createKey(origin: .external)
        let sealed = try await service.generateDataKey(keyID: key.arn).wrapped
        let secret = try SecretBytes.random(count: 32)
        let ciphertext = try await service.encrypt(secret, keyID: key.arn)
        _ = try await service.generateDataKeyWithoutPlaintext(keyID: key.arn)
        _ = try await service.generateRandom(count: 8)
        _ = try await service.decrypt(sealed)
        _ = try await service.decrypt(ciphertext)
        _ = try await service.rewrap(sealed)
        _ = try await service.reEncrypt(ciphertext, destinationKeyID: KeyService.defaultKeyID)
        _ = try await service.describeKey(key.arn)
        _ = try await service.listKeys()
        _ = try await service.disableKey(key.arn)
        _ = try await service.enableKey(key.arn)
        _ = try await service.updateKeyDescription(key.arn, to: "x")
        try await service.tagKey(key.arn, with: [try KeyTag(name: "a", value: "b")])
        _ = try await service.tags(of: key.arn)
        try await service.untagKey(key.arn, names: ["a"])
        _ = try await service.createAlias("alias/a", targetKeyID: key.arn)
        _ = try await service.updateAlias("alias/a", targetKeyID: key.arn)
        _ = try await service.listAliases()
        try await service.deleteAlias("alias/a")
        _ = try await service.rotateKey(key.arn)
        _ = try await service.enableKeyRotation(key.arn)
        _ = try await service.keyRotationStatus(key.arn)
        _ = try await service.disableKeyRotation(key.arn)
        _ = try await service.listRotations(key.arn)
        _ = try await service.parametersForImport(into: other.arn)
        _ = try await service.importKeyMaterial(into: other.arn, try SecretBytes.random(count: 32))
        _ = try await service.deleteImportedKeyMaterial(of: other.arn)
        _ = try await service.keyLastUsage(of: key.arn)
        _ = try await service.keyPolicyNames(of: key.arn)
        let policy = try await service.keyPolicy(of: key.arn)
        try await service.putKeyPolicy(policy, of: key.arn)
        let granted = try await service.createGrant(on: key.arn, to: Self.alice, operations: [.decrypt])
        _ = try await service.listGrants(on: key.arn)
        _ = try await service.listRetirableGrants(retiringPrincipal: Self.alice)
        try await service.retireGrant(token: granted.token)
        let again = try await service.createGrant(on: key.arn, to: Self.alice, operations: [.decrypt])
        try await service.revokeGrant(again.grant.grantID, on: key.arn)
        _ = try await service.scheduleKeyDeletion(key.arn)
        _ = try await service.cancelKeyDeletion(key.arn)
        let there = try await KeyService.open(
            keyring: audited.folder.path.appending("other"), creates: true, account: account,
            region: "eu-west-1", audit: .off)
        let related = try await service.createKey(multiRegion: true)
        _ = try await service.replicateKey(related.arn, to: there)
        try await service.updatePrimaryRegion(related.arn, to: there)
        await service.close()
        await there.close()

        let records = try audited.records()
        let names = Set(records.compactMap { $0["eventName"] as? String })
        // Of itself it does the steps that bring the keys to agree: here one attempt, and that it is no primary any
        // more.
        #expect(names == Set(KeyOperation.all.map(\.description) + ["SynchronizeMultiRegionKey"]))
        #expect(records.count == 47)
        #expect(records.allSatisfy { $0["errorCode"] == nil })
        #expect(Set(records.compactMap { $0["eventID"] as? String }).count == records.count)
        #expect(Set(records.compactMap { $0["requestID"] as? String }).count == records.count)
        #expect(try audited.verify().findings.isEmpty)
        #expect(try audited.verify().signedCount == UInt64(records.count))
    }

    @Test func whatIsRefusedIsRecordedWithItsReason() async throws {
        let service = try audited.open(creates: true)
        let key = try await service.createKey()
        let sealed = try await service.generateDataKey(keyID: key.arn).wrapped
        _ = try await service.disableKey(key.arn)
        let mallory = KeyRequester(Caller(principal: "arn:aws:iam::111111111111:role/mallory", account: "111111111111"))
        let wrong = try EncryptionContext(["a": "b"])
        let before = try audited.records().count
        #expect(try await code { _ = try await service.decrypt(sealed) } == .disabled)
        #expect(try await code { _ = try await service.generateDataKey(as: mallory) } == .accessDenied)
        #expect(try await code { _ = try await service.generateDataKey(keyID: "alias/none") } == .notFound)
        #expect(try await code { _ = try await service.rotateKey(key.arn, as: mallory) } == .accessDenied)
        #expect(try await code { _ = try await service.createAlias("alias/aws/x", targetKeyID: key.arn) } != nil)
        #expect(try await code { try await service.putKeyPolicy("{", of: key.arn) } == .malformedPolicyDocument)
        #expect(try await code { _ = try await service.generateRandom(count: 0) } == .validation)
        #expect(try await code { _ = try await service.generateDataKey(dryRun: true) } == .dryRunOperation)
        #expect(try await code { _ = try await service.auditStatus(as: mallory) } == .accessDenied)
        #expect(try await code { _ = try await service.auditCheckpoint(as: mallory) } == .accessDenied)
        #expect(try await code { _ = try await service.status(as: mallory) } == .accessDenied)
        #expect(try await code { _ = try await service.requestCounts(of: key.arn, as: mallory) } == .accessDenied)
        #expect(try await code { _ = try await service.meteredRequests(of: key.arn, as: mallory) } == .accessDenied)
        // What sealed it is told only to who may use that.
        #expect(
            try await code { _ = try await service.decrypt(sealed, keyID: KeyService.defaultKeyID, as: mallory) }
                == .accessDenied)
        _ = try await service.enableKey(key.arn)
        #expect(
            try await code { _ = try await service.decrypt(sealed, encryptionContext: wrong) } == .invalidCiphertext)
        let records = try audited.records().dropFirst(before)
        #expect(
            records.map { $0["errorCode"] as? String } == [
                "DisabledException", "AccessDenied", "NotFoundException", "AccessDenied", "InvalidAliasNameException",
                "MalformedPolicyDocumentException", "ValidationException", "DryRunOperationException", "AccessDenied",
                "AccessDenied", "AccessDenied", "AccessDenied", "AccessDenied", "AccessDenied", nil,
                "InvalidCiphertextException",
            ])
        #expect(records.allSatisfy { ($0["errorMessage"] == nil) == ($0["errorCode"] == nil) })
    }

    /// Who was given what, and when that ended, can be told from the trail alone.
    @Test func aGrantAndANewKeyAreRecordedInFull() async throws {
        let service = try audited.open(creates: true)
        let key = try await service.createKey(tags: [try KeyTag(name: "team", value: "blue")], origin: .external)
        _ = try await service.importKeyMaterial(into: key.arn, try SecretBytes.random(count: 32))
        let granted = try await service.createGrant(
            on: key.arn, to: Self.alice, operations: [.decrypt],
            constraint: .includes(try EncryptionContext(["tenant": "blue"])))
        try await service.retireGrant(token: granted.token)
        let records = try audited.records().suffix(4).map { $0["requestParameters"] as? [String: Any] ?? [:] }
        #expect(records[0]["origin"] as? String == "EXTERNAL" && records[0]["tag:team"] as? String == "blue")
        #expect(
            records[1]["keyMaterialId"] as? String
                == (try await service.describeKey(key.arn).currentMaterialID))
        #expect(records[2]["EncryptionContextSubset:tenant"] as? String == "blue")
        #expect(records[2]["grantId"] as? String == granted.grant.grantID)
        #expect(records[3]["grantId"] as? String == granted.grant.grantID)
    }

    /// A name is the caller's, and a trail is read in terminals and by scripts.
    @Test func hostileNamesStayOneLineEach() async throws {
        let service = try audited.open(creates: true)
        let name = "evil\n{\"eventName\":\"Forged\"}\u{1B}[2J\u{202E}\""
        _ = try await code { _ = try await service.describeKey(name) }
        _ = try await code { _ = try await service.createAlias(name, targetKeyID: name) }
        let context = try EncryptionContext([name: name])
        let caller = Caller(principal: name, account: "000000000000")
        _ = try await code {
            _ = try await service.generateDataKey(
                encryptionContext: context, as: KeyRequester(caller, requestID: name))
        }
        var lines: [[UInt8]] = []
        try audited.reader.records { (_, bytes) throws(AuditError) in
            lines.append(bytes)
            return true
        }
        #expect(lines.count == 3)
        #expect(lines.allSatisfy { line in !line.contains { $0 < 0x20 || $0 == 0x7F } })
        #expect(try audited.records().last?["requestID"] as? String == name)
    }

    @Test func noSecretIsInTheTrail() async throws {
        let service = try audited.open(creates: true)
        let secret: [UInt8] = Array("canary-canary-canary-canary-0123".utf8)
        let canary = try SecretBytes(copying: unsafe secret.span.bytes)
        let ciphertext = try await service.encrypt(canary)
        _ = try await service.decrypt(ciphertext)
        let key = try await service.createKey(origin: .external)
        _ = try await service.importKeyMaterial(into: key.arn, try canary.copy())
        let generated = try await service.generateDataKey()
        let dataKey = try generated.plaintext.withBytes { bytes in
            (0..<bytes.byteCount).map { unsafe bytes.unsafeLoad(fromByteOffset: $0, as: UInt8.self) }
        }
        _ = try await service.decrypt(generated.wrapped)
        await service.close()
        let names = try audited.disk.list(audited.files.folder).filter { $0.hasSuffix(".audit") }
        #expect(!names.isEmpty)
        for name in names {
            let bytes = audited.disk.contents(of: audited.files.folder.appending(name))
            for canary in [secret, dataKey] {
                for form in [
                    canary, Array(Hexadecimal.encode(canary).utf8), Array(Data(canary).base64EncodedString().utf8),
                ] {
                    #expect(bytes.firstRange(of: form) == nil)
                }
            }
        }
    }

    @Test func whatTimeDoesToKeysIsRecordedToo() async throws {
        let service = try audited.open(creates: true)
        let doomed = try await service.createKey()
        let rotating = try await service.createKey()
        _ = try await service.enableKeyRotation(rotating.arn, periodDays: 90)
        _ = try await service.scheduleKeyDeletion(doomed.arn, pendingWindowDays: 7)
        let imported = try await service.createKey(origin: .external)
        _ = try await service.importKeyMaterial(
            into: imported.arn, try SecretBytes.random(count: 32),
            expiresMilliseconds: audited.host.wallMilliseconds() + 86_400_000)
        let before = try audited.records().count
        audited.host.pass(days: 91)
        _ = try await service.describeKey()
        let records = try audited.records().dropFirst(before)
        #expect(
            records.compactMap { $0["eventName"] as? String } == [
                "DeleteExpiredKeyMaterial", "DeleteKey", "RotateKey", "DescribeKey",
            ])
        #expect(
            records.compactMap { ($0["resources"] as? [[String: String]])?.first?["ARN"] }.prefix(3)
                == [imported.arn, doomed.arn, rotating.arn])
        #expect(records.first?["eventType"] as? String == "AwsServiceEvent")
    }

    // MARK: - No result without its record

    @Test func withoutATrailNothingIsReleasedAndNothingChanges() async throws {
        let service = try audited.open(creates: true)
        let sealed = try await service.generateDataKey().wrapped
        let keys = try await service.listKeys().items.count
        audited.disk.inject(SimulatedFault([.synchronizeData], failures: nil))
        #expect(try await backendCode { _ = try await service.generateDataKey() } == .auditUnavailable)
        #expect(try await backendCode { _ = try await service.decrypt(sealed) } == .auditUnavailable)
        #expect(
            try await backendCode { _ = try await service.generateDataKey(keyID: "alias/none") } == .auditUnavailable)
        #expect(try await backendCode { _ = try await service.createKey() } == .auditUnavailable)
        #expect(try await backendCode { _ = try await service.rotateKey(KeyService.defaultKeyID) } == .auditUnavailable)
        #expect(try await backendCode { try await service.replaceRootKey(.recorded) } == .auditUnavailable)
        #expect(try await service.status().keyCount == keys)
        #expect(try await service.auditStatus()?.failure != nil)
        await service.close()
        var reopened = audited
        reopened.disk = audited.disk.crash(seed: 3)
        let after = try reopened.open()
        #expect(try await after.listKeys().items.count == keys)
        #expect(try await after.describeKey().materialCount == 1)
        _ = try await after.decrypt(sealed)
    }

    /// Keys are never taken away without being asked for: whoever made the keyring is told that it is there.
    @Test func aKeyringWhoseTrailCannotBeMadeStaysAndIsOpenedLater() async throws {
        audited.disk.inject(SimulatedFault([.create], failures: nil))
        let error = #expect(throws: KeyBackendError.self) { _ = try audited.open(creates: true) }
        #expect(error?.code == .auditUnavailable)
        #expect(error?.message.contains("The keyring \(audited.inner) has been made and stays") == true)
        #expect(error?.message.contains("open the keyring instead of making one") == true)
        audited.disk.clearFaults()
        #expect(try await backendCode { _ = try audited.open(creates: true) } == .keyringExists)
        let service = try audited.open()
        _ = try await service.generateDataKey()
        await service.close()
        #expect(try audited.records().count == 1)
        #expect(try audited.verify().findings.isEmpty)
    }

    @Test func aFullDiskStopsTheServiceOnlyWhileItIsFull() async throws {
        let service = try audited.open(creates: true)
        _ = try await service.generateDataKey()
        audited.disk.setCapacity(bytes: 0)
        var released = 1
        while try await backendCode({ _ = try await service.generateDataKey() }) == nil { released += 1 }
        #expect(try await backendCode { _ = try await service.generateDataKey() } == .auditUnavailable)
        audited.disk.setCapacity(bytes: nil)
        _ = try await service.generateDataKey()
        await service.close()
        let generated = try audited.records().filter { $0["errorCode"] == nil }
        #expect(generated.count == released + 1)
        #expect(try audited.verify().findings.isEmpty)
    }

    @Test(arguments: Repetitions.some(of: 0..<24 as Range<UInt64>))
    func afterAPowerFailureWhatWasReleasedHasItsRecord(seed: UInt64) async throws {
        var audited = try AuditedService(seed: seed)
        var service = try audited.open(creates: true)
        var generator = SeededGenerator(seed: seed)
        var released: Set<String> = []
        var number = 0
        for _ in 0..<4 {
            audited.disk.failPower(afterMutations: Int.random(in: 0...12, using: &generator))
            var isOn = true
            while isOn {
                number += 1
                let requester = KeyRequester(requestID: "request-\(number)")
                let failure = try await backendCode {
                    if number % 3 == 0 {
                        _ = try await service.rotateKey(KeyService.defaultKeyID, as: requester)
                    } else {
                        _ = try await service.generateDataKey(as: requester)
                    }
                }
                if failure == nil { released.insert("request-\(number)") }
                isOn = failure == nil
            }
            let disk = audited.disk.crash(seed: generator.next())
            await service.close()
            audited.disk = disk
            service = try audited.open()
            let recorded = Set(try audited.records().compactMap { $0["requestID"] as? String })
            #expect(recorded.isSuperset(of: released))
            #expect(try audited.verify().findings.isEmpty)
            // Each rotation is a change of the keyring, which is on a disk that does not fail.
            let rotations = try audited.records().filter { $0["eventName"] as? String == "RotateKeyOnDemand" }
            #expect(try await service.describeKey().materialCount - 1 <= rotations.count)
        }
        await service.close()
    }

    // MARK: - The trail of a keyring

    @Test func theKeySurvivesReopeningAndAnotherRootKey() async throws {
        var service = try audited.open(creates: true)
        let key = try #require(try await service.auditStatus()).publicKey
        try await service.replaceRootKey(.recorded)
        _ = try await service.generateDataKey()
        await service.close()
        service = try audited.open()
        _ = try await service.generateDataKey()
        #expect(try await service.auditStatus()?.publicKey == key)
        let checkpoint = try #require(try await service.auditCheckpoint())
        #expect(try SignedCheckpoint(checkpoint, verifiedBy: try AuditVerifierKey(key)).checkpoint.size == 3)
        await service.close()
        #expect(try audited.verify().findings.isEmpty)
        #expect(try audited.records().first?["eventName"] as? String == "ReplaceRootKey")
        #expect(try await backendCode { _ = try await service.auditCheckpoint() } == .closed)
    }

    /// As keyrings were before there was a trail.
    @Test func aDocumentWithoutASeedIsRead() throws {
        _ = try audited.open(creates: true, settings: ["audit": "off"])
        let keyring = try OpenedKeyring<ServiceKeyring>(opening: KeyBackendConfiguration(keyring: audited.keyring))
        let document = keyring.content.document
        let file = document.file
        let older = try ServiceDocument(
            KeyringFile(kind: ServiceKeyring.kind, header: file.header, body: Array(file.body.dropLast(104))))
        #expect(document.sealedAuditSeed?.count == 104)
        #expect(older.sealedAuditSeed == nil && older.registry == document.registry)
        for cut in [1, 50, 103, 105] {
            #expect(throws: KeyBackendError.self) {
                try ServiceDocument(
                    KeyringFile(kind: ServiceKeyring.kind, header: file.header, body: Array(file.body.dropLast(cut))))
            }
        }
    }

    @Test func aKeyringFromBeforeGetsATrail() async throws {
        let before = try audited.open(creates: true, settings: ["audit": "off"])
        let sealed = try await before.generateDataKey().wrapped
        await before.close()
        var keyring = try OpenedKeyring<ServiceKeyring>(opening: KeyBackendConfiguration(keyring: audited.keyring))
        _ = try keyring.change { (keyring, _) throws(KeyBackendError) in keyring.document.sealedAuditSeed = nil }
        var service = try audited.open()
        _ = try await service.decrypt(sealed)
        let key = try await service.auditStatus()?.publicKey
        await service.close()
        service = try audited.open()
        #expect(try await service.auditStatus()?.publicKey == key)
        #expect(try await service.auditStatus()?.recordCount == 1)
    }

    @Test func theTrailIsOffOnlyWhereThatIsSaid() async throws {
        let service = try audited.open(creates: true, settings: ["audit": "off"])
        _ = try await service.generateDataKey()
        #expect(try await service.auditStatus() == nil)
        #expect(try await service.auditCheckpoint() == nil)
        await service.close()
        #expect(try audited.disk.status(audited.files.folder) == nil)
        for settings in [
            ["audit": "maybe"], ["audit": ""], ["audit-folder": "relative"], ["audit": "off", "audit-folder": "/x"],
        ] {
            #expect(try await backendCode { _ = try audited.open(settings: settings) } == .invalidRequest)
        }
        let on = try audited.open(settings: ["audit": "on"])
        _ = try await on.generateDataKey()
        await on.close()
        #expect(try audited.records().count == 1)
    }

    @Test func theTrailMayBeElsewhere() async throws {
        let elsewhere = audited.folder.path.appending("trail")
        let service = try await KeyService.open(
            keyring: audited.keyring, creates: true, audit: .inFolder(elsewhere), host: audited.host)
        _ = try await service.generateDataKey()
        await service.close()
        let reader = AuditLogReader(
            AuditFiles(folder: elsewhere, anchorFolder: audited.inner), fileSystem: PosixFileSystem())
        let key = try reader.key()
        let anchor = try reader.anchorNote().map { try SignedCheckpoint($0, verifiedBy: key) }
        let report = try AuditVerifier.verify(reader, key: key, anchor: anchor)
        #expect(report.findings.isEmpty && report.recordCount == 1 && report.signedCount == 1)
        // Without its folder the trail is missing, and the service does not go on as if there had been none.
        #expect(try await backendCode { _ = try await KeyService.open(keyring: audited.keyring) } == .auditUnavailable)
    }

    @Test func aTrailThatWasChangedKeepsTheServiceClosed() async throws {
        let service = try audited.open(creates: true)
        for _ in 0..<5 { _ = try await service.generateDataKey() }
        await service.close()
        let segment = audited.files.folder.appending("00000000000000000000.audit")
        let bytes = audited.disk.contents(of: segment)
        let place = try #require(bytes.firstRange(of: Array("GenerateDataKey".utf8)))
        audited.disk.damage(segment, at: UInt64(place.lowerBound))
        #expect(try await backendCode { _ = try audited.open() } == .auditUnavailable)
        #expect(try audited.verify().findings.map(\.kind) == [.altered])
        #expect(try audited.verify().findings.map(\.records) == [0..<1])
    }
}
