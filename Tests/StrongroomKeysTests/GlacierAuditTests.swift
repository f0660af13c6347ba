import Foundation
import StrongroomAudit
import StrongroomCrypto
import StrongroomKeyTrail
import StrongroomKeys
import StrongroomSimulation
import StrongroomSystem
import StrongroomTestSupport
import SystemPackage
import Testing

@testable import StrongroomGlacierKeys
@testable import StrongroomKeyring

/// Every call of the archive keys leaves its record, and nothing is released without.
@Suite struct GlacierAuditTests {
    private let audited: AuditedArchive
    private static let alice = "arn:aws:iam::000000000000:user/alice"

    init() throws { audited = try AuditedArchive() }

    private func destroy(_ epoch: UInt32, _ keys: ArchiveKeys) async throws -> ShredReceipt {
        try await keys.destroyEpoch(
            epoch, confirmation: try audited.archive.confirmation(epoch), acceptingUnknownDependencies: true
        ).receipt
    }

    private func keyARN() throws -> String {
        let id = try audited.archive.confirmation(1).split(separator: " ").last ?? ""
        return "arn:strongroom:archive:local:000000000000:key/\(id)"
    }

    // MARK: - What stands in a record

    @Test func aRecordSaysWhoDidWhatWithWhichEpoch() async throws {
        let instance = try await audited.open(creates: true)
        var caller = Caller(principal: Self.alice, account: "000000000000")
        caller.sourceAddress = "192.0.2.7"
        caller.transport = .transportLayerSecurity(version: "1.3")
        caller.viaService = "s3"
        let context = KeyRequestContext(caller: caller, requestID: "request-1")
        let encryptionContext = try EncryptionContext(["aws:s3:arn": "arn:aws:s3:::photos/cat.jpg"])
        _ = try await instance.generateDataKey(
            DataKeyRequest(keyID: GlacierKeys.keyID, encryptionContext: encryptionContext, context: context))
        let record = try #require(try audited.records().last)
        #expect(record["eventName"] as? String == "GenerateDataKey")
        #expect(record["eventSource"] as? String == "archive.strongroom")
        #expect(record["eventTime"] as? String == "2023-11-14T22:13:20Z")
        #expect(record["sourceIPAddress"] as? String == "192.0.2.7")
        #expect(record["requestID"] as? String == "request-1")
        #expect(record["readOnly"] as? Bool == true)
        #expect(record["errorCode"] == nil)
        #expect((record["tlsDetails"] as? [String: String])?["tlsVersion"] == "1.3")
        let identity = try #require(record["userIdentity"] as? [String: String])
        #expect(identity["type"] == "IAMUser" && identity["arn"] == Self.alice)
        #expect(identity["invokedBy"] == "s3.amazonaws.com")
        let parameters = try #require(record["requestParameters"] as? [String: Any])
        #expect(parameters["keyId"] as? String == GlacierKeys.keyID)
        #expect(
            parameters["encryptionContext"] as? [String: String] == ["aws:s3:arn": "arn:aws:s3:::photos/cat.jpg"])
        #expect((record["resources"] as? [[String: String]])?.first?["ARN"] == (try keyARN()))
        #expect((record["additionalEventData"] as? [String: Int])?["epoch"] == 1)
    }

    @Test func aRecordOfAWrapSaysWhatItIsBoundToAndItsEpochs() async throws {
        let instance = try await audited.open(creates: true)
        let keys = ArchiveKeys(instance)
        let sealed = try await keys.seal([1, 2], boundTo: Array("photos/cat.jpg".utf8))
        let long = [UInt8](repeating: 7, count: 16384)
        _ = try await keys.seal([1, 2], boundTo: long)
        _ = try await keys.rotateEpoch()
        _ = try await keys.reseal(sealed.bytes, boundTo: Array("photos/cat.jpg".utf8))
        let records = try audited.records()
        #expect(
            records.map { ($0["requestParameters"] as? [String: String]) ?? [:] } == [
                ["context": "cGhvdG9zL2NhdC5qcGc="], ["contextSHA256": try AuditedArchive.hash(long)], [:],
                ["context": "cGhvdG9zL2NhdC5qcGc="],
            ])
        #expect(
            records.map { ($0["additionalEventData"] as? [String: Int]) ?? [:] } == [
                ["epoch": 1], ["epoch": 1], [:], ["sourceEpoch": 1, "destinationEpoch": 2],
            ])
        #expect((records[2]["responseElements"] as? [String: Int])?["currentEpoch"] == 2)
        #expect(records[2]["readOnly"] as? Bool == false)
    }

    @Test func everyOperationLeavesOneRecordOfItsName() async throws {
        let instance = try await audited.open(creates: true)
        let keys = ArchiveKeys(instance)
        let wrapped = try await instance.generateDataKey(DataKeyRequest()).wrapped
        _ = try await instance.unwrap(wrapped, for: UnwrapRequest())
        _ = try await instance.rewrap(wrapped, for: RewrapRequest())
        _ = try await instance.describe(DescribeRequest())
        _ = try await audited.archive.status(instance)
        let sealed = try await keys.seal([1], boundTo: [1]).bytes
        _ = try await keys.open(sealed, boundTo: [1])
        _ = try await keys.reseal(sealed, boundTo: [1])
        _ = try await keys.rotateEpoch()
        _ = try await destroy(1, keys)
        _ = try await keys.shredReceipt(of: 1)
        // These leave none.
        #expect(try await keys.auditStatus()?.recordCount == 11)
        _ = try await keys.auditCheckpoint()
        try await instance.close()
        let backend = try GlacierBackend(
            GlacierKeys.configuration(keyring: audited.archive.keyring), audited.host, auditDisk: audited.trail.disk)
        try backend.replaceRootKey(GlacierKeys.configuration(keyring: audited.archive.keyring))
        backend.closeBlocking()

        let records = try audited.records()
        let names = records.compactMap { $0["eventName"] as? String }
        #expect(names.sorted() == ArchiveOperation.allCases.map(\.rawValue).sorted())
        #expect(records.allSatisfy { $0["errorCode"] == nil })
        #expect(Set(records.compactMap { $0["eventID"] as? String }).count == records.count)
        #expect(Set(records.compactMap { $0["requestID"] as? String }).count == records.count)
        #expect(records.last?["eventType"] as? String == "AwsServiceEvent")
        let report = try audited.trail.verify()
        #expect(report.findings.isEmpty && report.signedCount == UInt64(records.count))
    }

    @Test func whatIsRefusedIsRecordedWithItsReason() async throws {
        let instance = try await audited.open(creates: true)
        let keys = ArchiveKeys(instance)
        let wrapped = try await instance.generateDataKey(DataKeyRequest()).wrapped
        let sealed = try await keys.seal([1], boundTo: [1]).bytes
        _ = try await keys.rotateEpoch()
        _ = try await destroy(1, keys)
        let before = try audited.records().count
        #expect(
            try await backendCode { _ = try await instance.generateDataKey(DataKeyRequest(keyID: "other")) }
                == .keyNotFound)
        #expect(try await backendCode { _ = try await instance.unwrap(wrapped, for: UnwrapRequest()) } == .keyNotFound)
        #expect(
            try await backendCode { _ = try await instance.describe(DescribeRequest(keyID: "other")) } == .keyNotFound)
        #expect(try await backendCode { _ = try await keys.open(sealed, boundTo: [1]) } == .keyNotFound)
        #expect(try await backendCode { _ = try await keys.reseal([1], boundTo: [1]) } == .invalidCiphertext)
        #expect(try await backendCode { _ = try await keys.seal([], boundTo: [1]) } == .invalidRequest)
        #expect(try await backendCode { _ = try await keys.destroyEpoch(2, confirmation: "yes") } == .invalidRequest)
        #expect(try await backendCode { _ = try await self.destroy(2, keys) } == .invalidKeyState)
        #expect(try await backendCode { _ = try await keys.shredReceipt(of: 2) } == .invalidKeyState)
        _ = try await keys.rotateEpoch()
        #expect(
            try await backendCode {
                _ = try await keys.destroyEpoch(2, confirmation: self.audited.archive.confirmation(2))
            }
                == .invalidRequest)
        let records = try audited.records().dropFirst(before)
        #expect(
            records.map { $0["errorCode"] as? String } == [
                "KeyNotFoundException", "KeyNotFoundException", "KeyNotFoundException", "KeyNotFoundException",
                "InvalidCiphertextException", "InvalidRequestException", "InvalidRequestException",
                "InvalidKeyStateException", "InvalidKeyStateException", nil, "InvalidRequestException",
            ])
        #expect(records.allSatisfy { ($0["errorMessage"] == nil) == ($0["errorCode"] == nil) })
        #expect(records.filter { $0["errorCode"] != nil }.allSatisfy { $0["responseElements"] is NSNull })
        #expect(try audited.epochs().map(\.isDestroyed) == [true, false, false])
    }

    @Test func aDestructionIsRecordedWithItsReceiptAndWhatHungOnIt() async throws {
        audited.host.say(
            KeyDependencies(
                places: [.init(store: "/a", bucket: "b", objectCount: 5, bytes: 500)], storeCount: 1, unknown: nil))
        let instance = try await audited.open(creates: true)
        let keys = ArchiveKeys(instance)
        _ = try await keys.rotateEpoch()
        let receipt = try await destroy(1, keys)
        _ = try await keys.shredReceipt(of: 1)
        let hash = try AuditedArchive.hash(receipt.json)
        let records = try audited.records().suffix(2)
        #expect(records.map { ($0["responseElements"] as? [String: String])?["receiptSHA256"] } == [hash, hash])
        #expect(records.map { ($0["requestParameters"] as? [String: Any])?["epoch"] as? Int } == [1, 1])
        let dependencies = (records.first?["additionalEventData"] as? [String: Any])?["dependencies"]
        #expect((dependencies as? [String: Any])?["objectCount"] as? Int == 5)
        #expect((dependencies as? [String: Any])?["isKnown"] as? Bool == true)
    }

    /// A name is the caller's, and a trail is read in terminals and by scripts.
    @Test func hostileNamesStayOneLineEach() async throws {
        let instance = try await audited.open(creates: true)
        let name = "evil\n{\"eventName\":\"Forged\"}\u{1B}[2J\u{202E}\""
        let context = KeyRequestContext(caller: Caller(principal: name, account: name), requestID: name)
        _ = try await backendCode { _ = try await instance.describe(DescribeRequest(keyID: name, context: context)) }
        _ = try await backendCode {
            _ = try await instance.generateDataKey(
                DataKeyRequest(encryptionContext: try EncryptionContext([name: name]), context: context))
        }
        let foreign = WrappedDataKey(keyID: name, keyVersion: name, bytes: [1])
        _ = try await backendCode { _ = try await instance.unwrap(foreign, for: UnwrapRequest(context: context)) }
        _ = try await backendCode {
            _ = try await ArchiveKeys(instance, context: context).seal([1], boundTo: Array(name.utf8))
        }
        var lines: [[UInt8]] = []
        try audited.trail.reader.records { (_, bytes) throws(AuditError) in
            lines.append(bytes)
            return true
        }
        #expect(lines.count == 4)
        #expect(lines.allSatisfy { line in !line.contains { $0 < 0x20 || $0 == 0x7F } })
        #expect(try audited.records().allSatisfy { $0["requestID"] as? String == name })
    }

    /// Neither a key nor a wrapped one.
    @Test func noSecretIsInTheTrail() async throws {
        let instance = try await audited.open(creates: true)
        let keys = ArchiveKeys(instance)
        let canary: [UInt8] = Array("canary-canary-canary-canary-0123".utf8)
        let sealed = try await keys.seal(canary, boundTo: [1]).bytes
        _ = try await keys.open(sealed, boundTo: [1])
        _ = try await backendCode { _ = try await keys.open(sealed, boundTo: [2]) }
        let generated = try await instance.generateDataKey(DataKeyRequest())
        let dataKey = try generated.plaintext.withBytes { bytes in
            (0..<bytes.byteCount).map { unsafe bytes.unsafeLoad(fromByteOffset: $0, as: UInt8.self) }
        }
        _ = try await instance.unwrap(generated.wrapped, for: UnwrapRequest())
        _ = try await instance.rewrap(generated.wrapped, for: RewrapRequest())
        try await instance.close()
        let folder = audited.trail.files.folder
        let names = try audited.trail.disk.list(folder).filter { $0.hasSuffix(".audit") }
        #expect(!names.isEmpty)
        for name in names {
            let bytes = audited.trail.disk.contents(of: folder.appending(name))
            for secret in [canary, dataKey, sealed, generated.wrapped.bytes] {
                for form in [
                    secret, Array(Hexadecimal.encode(secret).utf8), Array(Data(secret).base64EncodedString().utf8),
                ] {
                    #expect(bytes.firstRange(of: form) == nil)
                }
            }
        }
    }

    // MARK: - The trail of a keyring

    @Test func theKeySurvivesReopeningAndAnotherRootKey() async throws {
        let archive = audited.archive
        let made = try await archive.open(creates: true)
        let key = try #require(try await ArchiveKeys(made).auditStatus()).publicKey
        let id = try #require(try archive.confirmation(1).split(separator: " ").last)
        #expect(key.hasPrefix("strongroom.audit/archive/\(id)/"))
        try await made.close()
        try GlacierKeys.replaceRootKey(keyring: archive.keyring, new: .recorded)
        let instance = try await archive.open()
        let keys = ArchiveKeys(instance)
        _ = try await keys.seal([1], boundTo: [1])
        #expect(try await keys.auditStatus()?.publicKey == key)
        let checkpoint = try #require(try await keys.auditCheckpoint())
        #expect(try SignedCheckpoint(checkpoint, verifiedBy: try AuditVerifierKey(key)).checkpoint.size == 2)
        try await instance.close()
        #expect(try await backendCode { _ = try await keys.auditCheckpoint() } == .closed)
        let reader = AuditLogReader(
            AuditFiles(folder: archive.inner.appending("audit"), anchorFolder: archive.inner),
            fileSystem: PosixFileSystem())
        #expect(try SimulatedTrail.verify(reader).findings.isEmpty)
        #expect(
            try SimulatedTrail.records(reader).map { $0["eventName"] as? String } == ["ReplaceRootKey", "SealWrap"])
    }

    /// As keyrings were before there was a trail.
    @Test func aKeyringFromBeforeGetsATrailAndStaysAsItWas() async throws {
        let before = try await audited.open(creates: true, settings: ["audit": "off"])
        let sealed = try await ArchiveKeys(before).seal([1], boundTo: [1]).bytes
        try await before.close()
        let document = try TestFile.read(audited.archive.document)
        let instance = try await audited.open()
        _ = try await ArchiveKeys(instance).open(sealed, boundTo: [1])
        try await instance.close()
        #expect(try audited.records().count == 1)
        #expect(try TestFile.read(audited.archive.document) == document)
    }

    @Test func theTrailIsOffOnlyWhereThatIsSaid() async throws {
        let instance = try await audited.open(creates: true, settings: ["audit": "off"])
        let keys = ArchiveKeys(instance)
        _ = try await keys.seal([1], boundTo: [1])
        #expect(try await keys.auditStatus() == nil)
        #expect(try await keys.auditCheckpoint() == nil)
        try await instance.close()
        #expect(try audited.trail.disk.status(audited.trail.files.folder) == nil)
        for settings in [
            ["audit": "maybe"], ["audit": ""], ["audit-folder": "relative"], ["audit": "off", "audit-folder": "/x"],
        ] {
            #expect(try await backendCode { _ = try await self.audited.open(settings: settings) } == .invalidRequest)
        }
        let on = try await audited.open(settings: ["audit": "on"])
        _ = try await ArchiveKeys(on).seal([1], boundTo: [1])
        try await on.close()
        #expect(try audited.records().count == 1)
    }

    @Test func theTrailMayBeElsewhere() async throws {
        let archive = audited.archive
        let elsewhere = archive.folder.path.appending("trail")
        try GlacierKeys.initialize(keyring: archive.keyring, audit: .inFolder(elsewhere))
        let instance = try await KeyBackendInstance.open(
            GlacierKeys.table,
            configuration: GlacierKeys.configuration(keyring: archive.keyring, audit: .inFolder(elsewhere)))
        _ = try await ArchiveKeys(instance).seal([1], boundTo: [1])
        try await instance.close()
        let reader = AuditLogReader(
            AuditFiles(folder: elsewhere, anchorFolder: archive.inner), fileSystem: PosixFileSystem())
        let report = try SimulatedTrail.verify(reader)
        #expect(report.findings.isEmpty && report.recordCount == 1 && report.signedCount == 1)
        // Without its folder the trail is missing, and the keys do not go on as if there had been none.
        #expect(try await backendCode { _ = try await archive.open() } == .auditUnavailable)
    }

    @Test func aTrailThatWasChangedKeepsTheArchiveClosed() async throws {
        let instance = try await audited.open(creates: true)
        for _ in 0..<5 { _ = try await ArchiveKeys(instance).seal([1], boundTo: [1]) }
        try await instance.close()
        let segment = audited.trail.files.folder.appending("00000000000000000000.audit")
        let bytes = audited.trail.disk.contents(of: segment)
        let place = try #require(bytes.firstRange(of: Array("SealWrap".utf8)))
        audited.trail.disk.damage(segment, at: UInt64(place.lowerBound))
        #expect(try await backendCode { _ = try await self.audited.open() } == .auditUnavailable)
        #expect(try audited.trail.verify().findings.map(\.kind) == [.altered])
        #expect(try audited.trail.verify().findings.map(\.records) == [0..<1])
    }
}
