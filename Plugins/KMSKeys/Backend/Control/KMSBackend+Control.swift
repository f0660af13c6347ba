internal import StrongroomCrypto
internal import StrongroomKMS
internal import StrongroomKeys

/// Administration: a request is a JSON object with a member `operation`; an operation or a member that is not known is
/// refused by its name. What each takes and answers is in the article "Serving a store" of StrongroomKMS, which a test
/// holds against these tables.
extension KMSBackend {
    typealias Operation = @Sendable (ControlCall) async throws(KeyServiceError) -> JSONValue

    static let operations: [String: (members: [String], run: Operation)] = [
        "create-key": (
            ["description", "policy", "bypassLockoutCheck", "tags", "origin", "multiRegion"], createKey
        ),
        "describe-key": (["keyId"], describeKey), "enable-key": (["keyId"], enableKey),
        "disable-key": (["keyId"], disableKey),
        "schedule-key-deletion": (["keyId", "pendingWindowInDays"], scheduleKeyDeletion),
        "cancel-key-deletion": (["keyId"], cancelKeyDeletion),
        "update-key-description": (["keyId", "description"], updateKeyDescription),
        "list-keys": (["limit", "marker"], listKeys), "tag-key": (["keyId", "tags"], tagKey),
        "untag-key": (["keyId", "tagKeys"], untagKey), "list-tags": (["keyId"], listTags),
        "rotate-key": (["keyId"], rotateKey),
        "list-rotations": (["keyId", "includeKeyMaterial", "limit", "marker"], listRotations),
        "enable-key-rotation": (["keyId", "rotationPeriodInDays"], enableKeyRotation),
        "disable-key-rotation": (["keyId"], disableKeyRotation),
        "get-key-rotation-status": (["keyId"], getKeyRotationStatus),
        "create-alias": (["aliasName", "targetKeyId"], createAlias),
        "update-alias": (["aliasName", "targetKeyId"], updateAlias), "delete-alias": (["aliasName"], deleteAlias),
        "list-aliases": (["keyId", "limit", "marker"], listAliases), "get-key-policy": (["keyId"], getKeyPolicy),
        "list-key-policies": (["keyId"], listKeyPolicies), "get-key-last-usage": (["keyId"], getKeyLastUsage),
        "put-key-policy": (["keyId", "policy", "bypassLockoutCheck"], putKeyPolicy),
        "create-grant": (
            [
                "keyId", "granteePrincipal", "operations", "retiringPrincipal", "name", "encryptionContextEquals",
                "encryptionContextSubset", "dryRun",
            ], createGrant
        ),
        "list-grants": (["keyId", "granteePrincipal", "grantId", "limit", "marker"], listGrants),
        "list-retirable-grants": (["retiringPrincipal", "limit", "marker"], listRetirableGrants),
        "retire-grant": (["grantToken", "keyId", "grantId", "dryRun"], retireGrant),
        "revoke-grant": (["keyId", "grantId", "dryRun"], revokeGrant),
        "get-parameters-for-import": (["keyId", "wrappingAlgorithm", "wrappingKeySpec"], getParametersForImport),
        "import-key-material": (
            [
                "keyId", "importToken", "encryptedKeyMaterial", "importType", "keyMaterialId", "validToMilliseconds",
            ], importKeyMaterial
        ),
        "delete-imported-key-material": (["keyId", "keyMaterialId"], deleteImportedKeyMaterial),
        "replicate-key": (
            ["keyId", "replicaRegion", "description", "policy", "bypassLockoutCheck", "tags"], replicateKey
        ),
        "update-primary-region": (["keyId", "primaryRegion"], updatePrimaryRegion),
        "status": (["keyId"], status), "replace-root-key": (["rootKeyFile"], replaceRootKey),
        "audit-status": ([], auditStatus), "audit-checkpoint": ([], auditCheckpoint),
    ]

    typealias SecretOperation = @Sendable (ControlCall) async throws(KeyServiceError) -> ControlResult

    struct SecretOperationEntry: Sendable {
        var members: [String]
        var takesSecret = false
        var run: SecretOperation
    }

    static let secretOperations: [String: SecretOperationEntry] = [
        "encrypt": .init(members: ["keyId", "encryptionContext", "dryRun"], takesSecret: true, run: encrypt),
        "decrypt": .init(members: ["ciphertext", "keyId", "encryptionContext", "dryRun"], run: decrypt),
        "re-encrypt": .init(
            members: [
                "ciphertext", "sourceKeyId", "sourceEncryptionContext", "destinationKeyId",
                "destinationEncryptionContext", "dryRun",
            ], run: reEncrypt),
        "generate-data-key": .init(
            members: ["keyId", "numberOfBytes", "encryptionContext", "dryRun"], run: makeDataKey),
        "generate-data-key-without-plaintext": .init(
            members: ["keyId", "numberOfBytes", "encryptionContext", "dryRun"], run: makeDataKeyWithoutPlaintext),
        "generate-random": .init(members: ["numberOfBytes"], run: makeRandom),
    ]

    func control(_ request: ControlRequest) async throws(KeyBackendError) -> [UInt8] {
        var request = request
        request.answerSecretSizeBytesMax = 0
        return try await controlWithSecrets(request).json
    }

    func controlWithSecrets(_ request: ControlRequest) async throws(KeyBackendError) -> ControlAnswer {
        let members = try ControlMembers(parsing: request.json)
        // Before, and not while the keyring is written: what has begun is finished.
        if request.context.cancellation.isCancelled {
            throw KeyBackendError(.cancelled, "Nobody waits for the control request any more; nothing was done.")
        }
        let call = ControlCall(
            service: service, members: members, requester: KeyRequester(request.context), secret: request.secret,
            answerSecretSizeBytesMax: request.answerSecretSizeBytesMax)
        if let operation = Self.secretOperations[members.operation] {
            return try await Self.run(operation, call)
        }
        guard let operation = Self.operations[members.operation] else {
            let names = Array(Self.operations.keys) + Array(Self.secretOperations.keys)
            throw KeyBackendError(
                .unsupported,
                "The KMS keys have no operation '\(members.operation)'; there are "
                    + "\(names.sorted().joined(separator: ", ")).")
        }
        try Self.checkNoSecret(call)
        try members.allow(only: operation.members)
        do throws(KeyServiceError) {
            return ControlAnswer(json: try await operation.run(call).encoded())
        } catch {
            throw KeyBackendError(error)
        }
    }

    private static func run(
        _ operation: SecretOperationEntry, _ call: ControlCall
    ) async throws(KeyBackendError) -> ControlAnswer {
        if !operation.takesSecret { try checkNoSecret(call) }
        try call.members.allow(only: operation.members)
        do throws(KeyServiceError) {
            let result = try await operation.run(call)
            return ControlAnswer(json: JSONValue.object(result.members).encoded(), secret: result.secret)
        } catch {
            throw KeyBackendError(error)
        }
    }

    private static func checkNoSecret(_ call: ControlCall) throws(KeyBackendError) {
        guard call.secret != nil else { return }
        throw KeyBackendError(
            .invalidRequest, "The operation '\(call.members.operation)' takes no secret; leave it out.")
    }
}

/// One control request, read.
struct ControlCall: Sendable {
    let service: KeyService
    let members: ControlMembers
    let requester: KeyRequester
    /// What goes with the request beside its members.
    let secret: SharedSecret?
    /// How many bytes of secret the answer has room for.
    let answerSecretSizeBytesMax: Int

    /// Before anything is made or opened that could not be handed over.
    func checkRoom(for sizeBytes: Int) throws(KeyServiceError) {
        guard sizeBytes > answerSecretSizeBytesMax else { return }
        throw KeyServiceError(
            .validation,
            "The operation '\(members.operation)' answers with a secret of \(sizeBytes) bytes, which goes beside the "
                + "JSON: give it room.")
    }
}

extension KeyRequester {
    init(_ context: KeyRequestContext) {
        self.init(context.caller, grantTokens: context.grantTokens, requestID: context.requestID)
    }
}
