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
/// | `put-key-policy` | `keyId`, `policy`, `bypassLockoutCheck`? | `keyId` |
/// | `create-grant` | `keyId`, `granteePrincipal`, `operations`, and some more | the grant, `grantToken` |
/// | `list-grants` | `keyId`, `granteePrincipal`?, `limit`?, `marker`? | `grants`, `nextMarker` |
/// | `list-retirable-grants` | `retiringPrincipal`, `limit`?, `marker`? | `grants`, `nextMarker` |
/// | `retire-grant` | `grantToken`, or `keyId` and `grantId` | nothing |
/// | `revoke-grant` | `keyId`, `grantId` | nothing |
/// | `get-parameters-for-import` | `keyId`, `wrappingAlgorithm`?, `wrappingKeySpec`? | the parameters |
/// | `import-key-material` | `keyId`, `importToken`, `encryptedKeyMaterial`, and some more | the key |
/// | `delete-imported-key-material` | `keyId`, `keyMaterialId`? | the key |
/// | `replicate-key` | `keyId`, `replicaRegion`, and some more | the replica |
/// | `update-primary-region` | `keyId`, `primaryRegion` | `keyId` |
/// | `status` | `keyId`? | the service; `relatedKeysAgree`; `requests` by operation, of a named key by `origins` too |
/// | `audit-status` | | `audit`: `on` or `off`; where it is on, how the trail is |
/// | `audit-checkpoint` | | `checkpoint`, made at once; nothing where the trail is off |
/// | `replace-root-key` | `rootKeyFile`? | `rootKey` |
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
        "put-key-policy": (["keyId", "policy", "bypassLockoutCheck"], putKeyPolicy),
        "create-grant": (
            [
                "keyId", "granteePrincipal", "operations", "retiringPrincipal", "name", "encryptionContextEquals",
                "encryptionContextSubset",
            ], createGrant
        ),
        "list-grants": (["keyId", "granteePrincipal", "limit", "marker"], listGrants),
        "list-retirable-grants": (["retiringPrincipal", "limit", "marker"], listRetirableGrants),
        "retire-grant": (["grantToken", "keyId", "grantId"], retireGrant),
        "revoke-grant": (["keyId", "grantId"], revokeGrant),
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

    func control(_ request: ControlRequest) async throws(KeyBackendError) -> [UInt8] {
        let members = try ControlMembers(parsing: request.json)
        // Before, and not while the keyring is written: what has begun is finished.
        if request.context.cancellation.isCancelled {
            throw KeyBackendError(.cancelled, "Nobody waits for the control request any more; nothing was done.")
        }
        guard let operation = Self.operations[members.operation] else {
            throw KeyBackendError(
                .unsupported,
                "The KMS keys have no operation '\(members.operation)'; there are "
                    + "\(Self.operations.keys.sorted().joined(separator: ", ")).")
        }
        try members.allow(only: operation.members)
        do throws(KeyServiceError) {
            let call = ControlCall(
                service: service, members: members, requester: KeyRequester(request.context))
            return try await operation.run(call).encoded()
        } catch {
            throw KeyBackendError(error)
        }
    }
}

/// One control request, read.
struct ControlCall: Sendable {
    let service: KeyService
    let members: ControlMembers
    let requester: KeyRequester
}

extension KeyRequester {
    init(_ context: KeyRequestContext) {
        self.init(context.caller, grantTokens: context.grantTokens, requestID: context.requestID)
    }
}
