import StrongroomCrypto
import StrongroomKeys
import SystemPackage
import Testing

@testable import StrongroomKMS

/// The key-state table of KMS: every operation on a key in every state a key can have, and of both origins.
@Suite struct KeyStateTests {
    /// As the KMS developer guide prints it, but for its notes that leave a choice, and for what sets a rotation while
    /// the key is updating: a column for Enabled, Disabled, PendingDeletion, PendingImport, PendingReplicaDeletion,
    /// Creating and Updating. Y works, D is `Disabled`, P, I, C and U are `KMSInvalidState` because of a pending
    /// deletion or import, or because the key is creating or updating, N is `KMSInvalidState` because no deletion is
    /// pending.
    private static let table: [String: String] = [
        "CancelKeyDeletion": "NNYNYNN", "CreateAlias": "YYPYPYY", "CreateGrant": "YDPIPCY", "Decrypt": "YDPIPCY",
        "DeleteAlias": "YYYYYYY", "DeleteImportedKeyMaterial": "YYYYYYY", "DescribeKey": "YYYYYYY",
        "DisableKey": "YYPIPCU", "DisableKeyRotation": "YDPIPCU", "EnableKey": "YYPIPCU",
        "EnableKeyRotation": "YDPIPCU", "Encrypt": "YDPIPCY", "GenerateDataKey": "YDPIPCY",
        "GenerateDataKeyWithoutPlaintext": "YDPIPCY", "GetKeyPolicy": "YYYYYYY", "GetKeyLastUsage": "YYYYYYY",
        "ListKeyPolicies": "YYYYYYY", "GetKeyRotationStatus": "YYYYYYY",
        "GetParametersForImport": "YYPYPCU", "ImportKeyMaterial": "YYPYPCY", "ListAliases": "YYYYYYY",
        "ListGrants": "YYYYYYY", "ListKeyRotations": "YYYYYYY", "ListResourceTags": "YYYYYYY",
        "PutKeyPolicy": "YYYYYYY", "ReEncrypt": "YDPIPCY", "ReplicateKey": "YDPIPCU", "RetireGrant": "YYYYYYY",
        "RevokeGrant": "YYYYYYY", "RotateKeyOnDemand": "YDPIPCU", "ScheduleKeyDeletion": "YYPYPYU",
        "TagResource": "YYPYPYY", "UntagResource": "YYPYPYY", "UpdateAlias": "YYPYPYY",
        "UpdateKeyDescription": "YYPYPYY", "UpdatePrimaryRegion": "YDPIPCY",
    ]
    /// Those that only one origin allows; the other is refused with `UnsupportedOperation` whatever the state.
    private static let serviceOnly: Set = ["EnableKeyRotation", "DisableKeyRotation", "GetKeyRotationStatus"]
    private static let externalOnly: Set = ["GetParametersForImport", "ImportKeyMaterial", "DeleteImportedKeyMaterial"]

    /// Those that only a multi-Region primary allows, and those that a replica does not.
    private static let ofPrimaries: Set = ["ReplicateKey", "UpdatePrimaryRegion"]
    private static let notOfReplicas: Set = ["EnableKeyRotation", "DisableKeyRotation", "RotateKeyOnDemand"]

    private static let codes: [Character: KeyServiceError.Code] = [
        "D": .disabled, "P": .invalidState, "I": .invalidState, "C": .invalidState, "U": .invalidState,
        "N": .invalidState,
    ]

    private let regions = Regions()

    /// Every operation there is, but for those that concern no key that is there already.
    @Test func theTableHasARowForEveryOperation() {
        let names = Set(
            KeyOperation.all.filter { !KeyOperation.ofNoKey.contains($0) && $0 != .createKey }.map(\.description))
        #expect(names == Set(Self.table.keys))
        let states = ["Enabled", "Disabled", "PendingDeletion", "PendingImport"]
        #expect(
            KeyState.all.map(\.description) == states + ["PendingReplicaDeletion", "Creating", "Updating"])
    }

    /// Which states a key of each kind can have.
    private static let cases: [(KeySubject.Kind, [KeyState])] = [
        (.single(.service), [.enabled, .disabled, .pendingDeletion]),
        (.single(.external), [.enabled, .disabled, .pendingDeletion, .pendingImport]),
        (.primary, [.enabled, .disabled, .pendingDeletion, .pendingReplicaDeletion, .updating]),
        (.replica, [.enabled, .disabled, .pendingDeletion, .creating]),
    ]

    /// The whole service, asked for each cell anew.
    @Test(arguments: cases.flatMap { (kind, states) in states.map { (kind, $0) } })
    func eachCellAnswersAsTheTableSays(_ kind: KeySubject.Kind, _ state: KeyState) async throws {
        let service = try await regions.create("eu-west-1")
        let others = [try await regions.create("eu-south-1"), try await regions.create("us-east-1")]
        for name in Self.table.keys.sorted() {
            let subject = try await KeySubject(service, others, kind)
            try await subject.bring(to: state)
            let expected = try Self.expected(name, kind, state)
            do throws(KeyServiceError) {
                try await subject.run(name)
                #expect(expected == nil, "\(name) of a key that is \(state), \(kind)")
            } catch {
                #expect(error.code == expected, "\(name) of a key that is \(state), \(kind): \(error)")
            }
        }
        for each in others + [service] { await each.close() }
    }

    private static func expected(
        _ name: String, _ kind: KeySubject.Kind, _ state: KeyState
    ) throws -> KeyServiceError.Code? {
        var unsupported = kind == .single(.external) ? serviceOnly : externalOnly
        if kind != .primary { unsupported.formUnion(ofPrimaries) }
        if kind == .replica { unsupported.formUnion(notOfReplicas) }
        if unsupported.contains(name) { return .unsupportedOperation }
        let column = try #require(KeyState.all.firstIndex(of: state))
        return codes[Array(try #require(table[name]))[column]]
    }
}

/// A key with all that operations need: something sealed, an alias, a grant.
struct KeySubject {
    enum Kind: Hashable {
        case single(KeyOrigin)
        case primary
        case replica
    }

    private let service: KeyService
    /// Where it has a replica, and where it has none.
    private let others: [KeyService]
    private let kind: Kind
    private let key: KeyMetadata
    private let sealed: WrappedDataKey
    private let ciphertext: KeyCiphertext
    private let alias: String
    private let grantIDs: [String]
    private static let grantee = "arn:aws:iam::000000000000:role/tenant"

    init(_ service: KeyService, _ others: [KeyService], _ kind: Kind) async throws {
        (self.service, self.others, self.kind) = (service, others, kind)
        switch kind {
        case .single(let origin): key = try await service.createKey(origin: origin)
        case .primary: key = try await service.createKey(multiRegion: true)
        case .replica:
            let primary = try await others[0].createKey(multiRegion: true)
            key = try await others[0].replicateKey(primary.arn, to: service)
        }
        if kind == .single(.external) {
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
        if kind == .primary && state != .pendingDeletion {
            _ = try await service.replicateKey(key.arn, to: others[0])
        }
        if state == .pendingReplicaDeletion { _ = try await service.scheduleKeyDeletion(key.arn) }
        // As a crash leaves it.
        let id = try #require(KeyID(key.keyID))
        if state == .updating { try await change(id) { [member = others[0].member] in $0.intend(member) } }
        if state == .creating {
            try await change(id) { key in
                key.state = .creating
                key.multiRegion?.isConfirmed = false
            }
        }
        if state == .disabled { _ = try await service.disableKey(key.arn) }
        if state == .pendingDeletion { _ = try await service.scheduleKeyDeletion(key.arn) }
        if state == .pendingImport { _ = try await service.deleteImportedKeyMaterial(of: key.arn) }
        #expect(try await service.describeKey(key.arn).state == state)
    }

    private func change(_ id: KeyID, _ body: @escaping @Sendable (inout KeyRecord) -> Void) async throws {
        try await service.changeRegistry { (registry, _) throws(KeyServiceError) in
            guard var key = registry.key(id) else { return }
            body(&key)
            registry.update(key)
        }
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
        case "GetKeyLastUsage": _ = try await service.keyLastUsage(of: key.arn)
        case "ListKeyPolicies": _ = try await service.keyPolicyNames(of: key.arn)
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
        case "ReplicateKey": _ = try await service.replicateKey(key.arn, to: others[1])
        case "UpdatePrimaryRegion": try await service.updatePrimaryRegion(key.arn, to: others[0])
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
