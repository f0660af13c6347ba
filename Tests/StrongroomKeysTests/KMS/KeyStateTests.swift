import StrongroomCrypto
import StrongroomKeys
import SystemPackage
import Testing

@testable import StrongroomKMS

/// The key-state table of KMS: every operation on a key in every state a key can have, and of both origins.
@Suite struct KeyStateTests {
    /// As the KMS developer guide prints it, but for its notes that leave a choice: a column for Enabled, Disabled,
    /// PendingDeletion and PendingImport. Y works, D is `Disabled`, P and I are `KMSInvalidState` because of a pending
    /// deletion or import, N is `KMSInvalidState` because none is pending.
    private static let table: [String: String] = [
        "CancelKeyDeletion": "NNYN", "CreateAlias": "YYPY", "CreateGrant": "YDPI", "Decrypt": "YDPI",
        "DeleteAlias": "YYYY", "DeleteImportedKeyMaterial": "YYYY", "DescribeKey": "YYYY", "DisableKey": "YYPI",
        "DisableKeyRotation": "YDPI", "EnableKey": "YYPI", "EnableKeyRotation": "YDPI", "Encrypt": "YDPI",
        "GenerateDataKey": "YDPI", "GenerateDataKeyWithoutPlaintext": "YDPI", "GetKeyPolicy": "YYYY",
        "GetKeyRotationStatus": "YYYY", "GetParametersForImport": "YYPY", "ImportKeyMaterial": "YYPY",
        "ListAliases": "YYYY", "ListGrants": "YYYY", "ListKeyRotations": "YYYY", "ListResourceTags": "YYYY",
        "PutKeyPolicy": "YYYY", "ReEncrypt": "YDPI", "RetireGrant": "YYYY", "RevokeGrant": "YYYY",
        "RotateKeyOnDemand": "YDPI", "ScheduleKeyDeletion": "YYPY", "TagResource": "YYPY", "UntagResource": "YYPY",
        "UpdateAlias": "YYPY", "UpdateKeyDescription": "YYPY",
    ]
    /// Those that only one origin allows; the other is refused with `UnsupportedOperation` whatever the state.
    private static let serviceOnly: Set = ["EnableKeyRotation", "DisableKeyRotation", "GetKeyRotationStatus"]
    private static let externalOnly: Set = ["GetParametersForImport", "ImportKeyMaterial", "DeleteImportedKeyMaterial"]

    private static let codes: [Character: KeyServiceError.Code] = [
        "D": .disabled, "P": .invalidState, "I": .invalidState, "N": .invalidState,
    ]

    private let folder = TemporaryFolder()

    /// Every operation there is, but for those that concern no key that is there already.
    @Test func theTableHasARowForEveryOperation() {
        let names = Set(
            KeyOperation.all.filter { !KeyOperation.ofNoKey.contains($0) && $0 != .createKey }.map(\.description))
        #expect(names == Set(Self.table.keys))
        #expect(KeyState.all.map(\.description) == ["Enabled", "Disabled", "PendingDeletion", "PendingImport"])
    }

    /// The whole service, asked for each cell anew.
    @Test(arguments: [KeyOrigin.service, .external], [KeyState.enabled, .disabled, .pendingDeletion, .pendingImport])
    func eachCellAnswersAsTheTableSays(_ origin: KeyOrigin, _ state: KeyState) async throws {
        // A key whose material the service makes never waits for an import.
        if origin == .service && state == .pendingImport { return }
        let service = try await KeyService.open(keyring: folder.path.appending("keyring"), creates: true)
        for name in Self.table.keys.sorted() {
            let subject = try await KeySubject(service, origin)
            try await subject.bring(to: state)
            var expected: KeyServiceError.Code?
            let wrongOrigin = origin == .service ? Self.externalOnly : Self.serviceOnly
            if wrongOrigin.contains(name) {
                expected = .unsupportedOperation
            } else {
                let column = try #require(KeyState.all.firstIndex(of: state))
                let cell = Array(try #require(Self.table[name]))[column]
                expected = Self.codes[cell]
            }
            do throws(KeyServiceError) {
                try await subject.run(name)
                #expect(expected == nil, "\(name) of a key that is \(state), origin \(origin)")
            } catch {
                #expect(error.code == expected, "\(name) of a key that is \(state), origin \(origin): \(error)")
            }
        }
        await service.close()
    }
}

/// A key with all that operations need: something sealed, an alias, a grant.
private struct KeySubject {
    private let service: KeyService
    private let key: KeyMetadata
    private let sealed: WrappedDataKey
    private let ciphertext: KeyCiphertext
    private let alias: String
    private let grantIDs: [String]
    private static let grantee = "arn:aws:iam::000000000000:role/tenant"

    init(_ service: KeyService, _ origin: KeyOrigin) async throws {
        self.service = service
        key = try await service.createKey(origin: origin)
        if origin == .external {
            _ = try await service.importKeyMaterial(into: key.arn, try Self.secret())
            // For the rotation.
            _ = try await service.importKeyMaterial(into: key.arn, try Self.secret(8), type: .new)
        }
        sealed = try await service.generateDataKey(keyID: key.arn).wrapped
        ciphertext = try KeyCiphertext(sealed)
        alias = "alias/\(key.keyID)"
        _ = try await service.createAlias(alias, targetKeyID: key.arn)
        var ids: [String] = []
        for _ in 0..<2 {
            ids.append(
                try await service.createGrant(on: key.arn, to: Self.grantee, operations: [.decrypt]).grant.grantID)
        }
        grantIDs = ids
    }

    func bring(to state: KeyState) async throws {
        if state == .disabled { _ = try await service.disableKey(key.arn) }
        if state == .pendingDeletion { _ = try await service.scheduleKeyDeletion(key.arn) }
        if state == .pendingImport { _ = try await service.deleteImportedKeyMaterial(of: key.arn) }
        #expect(try await service.describeKey(key.arn).state == state)
    }

    func run(_ name: String) async throws(KeyServiceError) {
        switch name {
        case "CancelKeyDeletion": _ = try await service.cancelKeyDeletion(key.arn)
        case "CreateAlias": _ = try await service.createAlias(alias + "2", targetKeyID: key.arn)
        case "DeleteAlias": try await service.deleteAlias(alias)
        case "DescribeKey": _ = try await service.describeKey(key.arn)
        case "DisableKey": _ = try await service.disableKey(key.arn)
        case "DisableKeyRotation": _ = try await service.disableKeyRotation(key.arn)
        case "EnableKey": _ = try await service.enableKey(key.arn)
        case "EnableKeyRotation": _ = try await service.enableKeyRotation(key.arn)
        case "GetKeyPolicy": _ = try await service.keyPolicy(of: key.arn)
        case "GetKeyRotationStatus": _ = try await service.keyRotationStatus(key.arn)
        case "ListAliases": _ = try await service.listAliases(keyID: key.arn)
        case "ListKeyRotations": _ = try await service.listRotations(key.arn)
        case "ListResourceTags": _ = try await service.tags(of: key.arn)
        case "PutKeyPolicy":
            try await service.putKeyPolicy(try await service.keyPolicy(of: key.arn), of: key.arn)
        case "RotateKeyOnDemand": _ = try await service.rotateKey(key.arn)
        case "ScheduleKeyDeletion": _ = try await service.scheduleKeyDeletion(key.arn)
        case "TagResource": try await service.tagKey(key.arn, with: [try KeyTag(name: "a", value: "b")])
        case "UntagResource": try await service.untagKey(key.arn, names: ["a"])
        case "UpdateAlias": _ = try await service.updateAlias(alias, targetKeyID: key.arn)
        case "UpdateKeyDescription": _ = try await service.updateKeyDescription(key.arn, to: "other")
        default: try await runOther(name)
        }
    }

    private func runOther(_ name: String) async throws(KeyServiceError) {
        switch name {
        case "CreateGrant": _ = try await service.createGrant(on: key.arn, to: Self.grantee, operations: [.encrypt])
        case "ListGrants": _ = try await service.listGrants(on: key.arn)
        case "RetireGrant": try await service.retireGrant(grantIDs[0], on: key.arn)
        case "RevokeGrant": try await service.revokeGrant(grantIDs[1], on: key.arn)
        case "Decrypt": _ = try await service.decrypt(sealed)
        case "Encrypt": _ = try await service.encrypt(try Self.secret(), keyID: key.arn)
        case "GenerateDataKey": _ = try await service.generateDataKey(keyID: key.arn)
        case "GenerateDataKeyWithoutPlaintext":
            _ = try await service.generateDataKeyWithoutPlaintext(keyID: key.arn)
        case "ReEncrypt": _ = try await service.reEncrypt(ciphertext, destinationKeyID: key.arn)
        case "GetParametersForImport":
            _ = try await service.parametersForImport(into: key.arn, ImportWrapping(keySpec: .rsa2048))
        case "ImportKeyMaterial": _ = try await service.importKeyMaterial(into: key.arn, try Self.secret())
        case "DeleteImportedKeyMaterial": _ = try await service.deleteImportedKeyMaterial(of: key.arn)
        default: Issue.record("The table has the row \(name), which no test runs.")
        }
    }

    private static func secret(_ byte: UInt8 = 7) throws(KeyServiceError) -> SecretBytes {
        let bytes = [UInt8](repeating: byte, count: 32)
        do throws(SecretMemoryError) {
            // Safe: a UInt8 is raw bytes.
            return try SecretBytes(copying: unsafe bytes.span.bytes)
        } catch {
            throw KeyServiceError(secretMemory: error)
        }
    }
}
