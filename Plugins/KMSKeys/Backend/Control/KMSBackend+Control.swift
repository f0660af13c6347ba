internal import StrongroomCrypto
internal import StrongroomKMS
internal import StrongroomKeys

/// Administration. Each request is a JSON object with a member `operation`; an operation or a member that is not
/// known is refused by its name.
///
/// | operation | members (`?`: may be missing) | answer |
/// |---|---|---|
/// | `create-key` | `description`?, `policy`?, `bypassLockoutCheck`?, `tags`?, `origin`?, `multiRegion`? | the key |
/// | `describe-key`, `enable-key`, `disable-key`, `rotate-key`, `cancel-key-deletion` | `keyId` | the key |
/// | `schedule-key-deletion` | `keyId`, `pendingWindowInDays`? | the key |
/// | `update-key-description` | `keyId`, `description` | the key |
/// | `list-keys` | `limit`?, `marker`? | `keys`, `nextMarker` |
/// | `tag-key` | `keyId`, `tags` | `keyId` |
/// | `untag-key` | `keyId`, `tagKeys` | `keyId` |
/// | `list-tags` | `keyId` | `keyId`, `tags` |
/// | `list-rotations` | `keyId`, `includeKeyMaterial`?, `limit`?, `marker`? | `rotations`, `nextMarker` |
/// | `enable-key-rotation` | `keyId`, `rotationPeriodInDays`? | the rotation's status |
/// | `disable-key-rotation`, `get-key-rotation-status` | `keyId` | the rotation's status |
/// | `create-alias`, `update-alias` | `aliasName`, `targetKeyId` | the alias |
/// | `delete-alias` | `aliasName` | `aliasName` |
/// | `list-aliases` | `keyId`?, `limit`?, `marker`? | `aliases`, `nextMarker` |
/// | `get-key-policy` | `keyId` | `keyId`, `policy` |
/// | `list-key-policies` | `keyId` | `keyId`, `policyNames` |
/// | `get-key-last-usage` | `keyId` | when it was last used, as far as that is known |
/// | `put-key-policy` | `keyId`, `policy`, `bypassLockoutCheck`? | `keyId` |
/// | `create-grant` | `keyId`, `granteePrincipal`, `operations`, and some more | the grant, `grantToken` |
/// | `list-grants` | `keyId`, `granteePrincipal`?, `grantId`?, `limit`?, `marker`? | `grants`, `nextMarker` |
/// | `list-retirable-grants` | `retiringPrincipal`, `limit`?, `marker`? | `grants`, `nextMarker` |
/// | `retire-grant` | `grantToken`, or `keyId` and `grantId`; `dryRun`? | nothing |
/// | `revoke-grant` | `keyId`, `grantId`, `dryRun`? | nothing |
/// | `get-parameters-for-import` | `keyId`, `wrappingAlgorithm`?, `wrappingKeySpec`? | the parameters |
/// | `import-key-material` | `keyId`, `importToken`, `encryptedKeyMaterial`, and some more | the key |
/// | `delete-imported-key-material` | `keyId`, `keyMaterialId`? | the key |
/// | `replicate-key` | `keyId`, `replicaRegion`, and some more | the replica, `policy` |
/// | `update-primary-region` | `keyId`, `primaryRegion` | `keyId` |
/// | `status` | `keyId`? | the service; `relatedKeysAgree`; `requests` by operation, of a named key by `origins` too |
/// | `audit-status` | | `audit`: `on` or `off`; where it is on, how the trail is |
/// | `audit-checkpoint` | | `checkpoint`, made at once; nothing where the trail is off |
/// | `replace-root-key` | `rootKeyFile`? | `rootKey` |
///
/// These work on secrets, which go beside the JSON, as the contract has it; what is sealed is `ciphertext`, in base64:
///
/// | operation | members | the request's secret | answer | its secret |
/// |---|---|---|---|---|
/// | `encrypt` | `keyId`, `encryptionContext`?, `dryRun`? | plaintext | the ciphertext | |
/// | `decrypt` | `ciphertext`, `keyId`?, `encryptionContext`?, `dryRun`? | | `keyId`, `version` | plaintext |
/// | `re-encrypt` | `ciphertext`, `destinationKeyId`, and some more | | the ciphertext, `sourceKeyId`, `sourceVersion` | |
/// | `generate-data-key` | `keyId`, `numberOfBytes`?, `encryptionContext`?, `dryRun`? | | the ciphertext | plaintext |
/// | `generate-data-key-without-plaintext` | the same | | the ciphertext | |
/// | `generate-random` | `numberOfBytes` | | nothing | the bytes |
///
/// The answer must have room for its secret: no plaintext is longer than its ciphertext, and a data key has the bytes
/// that are asked for, 32 by default.
///
/// A *ciphertext* has `keyId`, `version`, `ciphertext`; `re-encrypt` takes `sourceKeyId`, `sourceEncryptionContext`,
/// `destinationEncryptionContext` and `dryRun`, too. The *last use* of a key is `keyId`, `createdMilliseconds`,
/// `trackingStartMilliseconds`, and where it is known `lastOperation`, `lastMilliseconds`, `lastRequestId`.
///
/// Refusals have KMS's name of the exception, without "Exception", as their reason.
///
/// A *key* has `keyId` (the ARN), `id`, `state`, `manager`, `origin`, `description`, `createdMilliseconds`,
/// `versionCount`, and where it applies `currentVersion`, `pendingVersion`, `deletionMilliseconds`,
/// `expiryMilliseconds`; a *rotation* `version`, `createdMilliseconds`, `cause`, `isCurrent`, `state`, and where it
/// applies `rotatedMilliseconds`, `importState`, `expiryMilliseconds`; its *status* `keyId`, `isAutomatic`, and where
/// it is `rotationPeriodInDays` and `nextRotationMilliseconds`; an *alias* `aliasName`, `aliasArn`, `targetKeyId`,
/// `createdMilliseconds`, `updatedMilliseconds`; a *grant* what it was made with, and `grantId`, `issuingPrincipal`,
/// `createdMilliseconds`; an import's *parameters* `keyId`, `importToken`, `publicKey`, `validToMilliseconds`. A grant
/// may also be given `retiringPrincipal`, `name`, and `encryptionContextEquals` or `encryptionContextSubset`; an import
/// `importType` (`NEW_KEY_MATERIAL` waits for `rotate-key`), `keyMaterialId` and `validToMilliseconds`. A list has all
/// materials unless `includeKeyMaterial` is `ROTATIONS_ONLY`. A replica may be given what `create-key` gives a key, but
/// for `origin` and `multiRegion`; the region is that of another keyring of the account that is open in this process. A
/// multi-Region key has `multiRegion` with `keyType` (`PRIMARY` or `REPLICA`), `primaryKeyId`, `replicaKeyIds`, and
/// where it waits for its replicas to go `pendingDeletionWindowInDays`.
///
/// `nextMarker` is missing on the last page; `limit` is 1 to 1000, 100 by default. `tags` and encryption contexts are
/// objects of strings, `tagKeys` and `operations` lists of strings, import tokens, public keys and material base64.
/// Flags are `"true"` or `"false"`. A `policy` is a text. `replace-root-key` takes no passphrase, because no secret may
/// stand in a request: without a file it makes one in the keyring.
extension KMSBackend {
    private typealias Operation = @Sendable (ControlCall) async throws(KeyServiceError) -> JSONValue

    private static let operations: [String: (members: [String], run: Operation)] = [
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

    private typealias SecretOperation = @Sendable (ControlCall) async throws(KeyServiceError) -> ControlResult

    private struct SecretOperationEntry: Sendable {
        var members: [String]
        var takesSecret = false
        var run: SecretOperation
    }

    private static let secretOperations: [String: SecretOperationEntry] = [
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
