/// What can be asked of the key service: the operations of KMS (AWS KMS API Reference) on symmetric keys.
struct KeyServiceOperation: Sendable {
    /// The members that a request may have.
    let members: [String]
    /// Whether plaintext or key material goes with the request or the answer: not over a connection that anybody can
    /// read.
    let carriesSecret: Bool
    let run: @Sendable (KeyServiceCall) async throws(KeyServiceRefusal) -> KeyServiceResult

    private init(
        _ members: [String], carriesSecret: Bool = false,
        _ run: @escaping @Sendable (KeyServiceCall) async throws(KeyServiceRefusal) -> KeyServiceResult
    ) {
        (self.members, self.carriesSecret, self.run) = (members, carriesSecret, run)
    }

    static let table: [String: KeyServiceOperation] = keys.merging(cryptography) { $1 }.merging(naming) { $1 }
        .merging(permissions) { $1 }.merging(materials) { $1 }

    private static let keys: [String: KeyServiceOperation] = [
        "CreateKey": .init([
            "Policy", "Description", "KeyUsage", "CustomerMasterKeySpec", "KeySpec", "Origin",
            "BypassPolicyLockoutSafetyCheck", "Tags", "MultiRegion",
        ]) { (call) throws(KeyServiceRefusal) in try await call.createKey() },
        "DescribeKey": .init(["KeyId", "GrantTokens"]) { (call) throws(KeyServiceRefusal) in
            try await call.describeKey()
        },
        "ListKeys": .init(["Limit", "Marker"]) { (call) throws(KeyServiceRefusal) in try await call.listKeys() },
        "EnableKey": .init(["KeyId"]) { (call) throws(KeyServiceRefusal) in
            try await call.changeKey("enable-key")
        },
        "DisableKey": .init(["KeyId"]) { (call) throws(KeyServiceRefusal) in
            try await call.changeKey("disable-key")
        },
        "ScheduleKeyDeletion": .init(["KeyId", "PendingWindowInDays"]) { (call) throws(KeyServiceRefusal) in
            try await call.scheduleKeyDeletion()
        },
        "CancelKeyDeletion": .init(["KeyId"]) { (call) throws(KeyServiceRefusal) in
            try await call.cancelKeyDeletion()
        },
        "UpdateKeyDescription": .init(["KeyId", "Description"]) { (call) throws(KeyServiceRefusal) in
            try await call.updateKeyDescription()
        },
        "GetKeyLastUsage": .init(["KeyId"]) { (call) throws(KeyServiceRefusal) in try await call.getKeyLastUsage() },
    ]

    private static let cryptography: [String: KeyServiceOperation] = [
        "Encrypt": .init(
            ["KeyId", "Plaintext", "EncryptionContext", "GrantTokens", "EncryptionAlgorithm", "DryRun"],
            carriesSecret: true
        ) { (call) throws(KeyServiceRefusal) in try await call.encrypt() },
        "Decrypt": .init(
            ["CiphertextBlob", "EncryptionContext", "GrantTokens", "KeyId", "EncryptionAlgorithm", "DryRun"],
            carriesSecret: true
        ) { (call) throws(KeyServiceRefusal) in try await call.decrypt() },
        "ReEncrypt": .init([
            "CiphertextBlob", "SourceEncryptionContext", "SourceKeyId", "DestinationKeyId",
            "DestinationEncryptionContext", "SourceEncryptionAlgorithm", "DestinationEncryptionAlgorithm",
            "GrantTokens", "DryRun",
        ]) { (call) throws(KeyServiceRefusal) in try await call.reEncrypt() },
        "GenerateDataKey": .init(
            ["KeyId", "EncryptionContext", "NumberOfBytes", "KeySpec", "GrantTokens", "DryRun"], carriesSecret: true
        ) { (call) throws(KeyServiceRefusal) in try await call.generateDataKey() },
        "GenerateDataKeyWithoutPlaintext": .init([
            "KeyId", "EncryptionContext", "NumberOfBytes", "KeySpec", "GrantTokens", "DryRun",
        ]) { (call) throws(KeyServiceRefusal) in try await call.generateDataKeyWithoutPlaintext() },
        "GenerateRandom": .init(["NumberOfBytes"], carriesSecret: true) { (call) throws(KeyServiceRefusal) in
            try await call.generateRandom()
        },
    ]

    private static let naming: [String: KeyServiceOperation] = [
        "CreateAlias": .init(["AliasName", "TargetKeyId"]) { (call) throws(KeyServiceRefusal) in
            try await call.changeAlias("create-alias")
        },
        "UpdateAlias": .init(["AliasName", "TargetKeyId"]) { (call) throws(KeyServiceRefusal) in
            try await call.changeAlias("update-alias")
        },
        "DeleteAlias": .init(["AliasName"]) { (call) throws(KeyServiceRefusal) in try await call.deleteAlias() },
        "ListAliases": .init(["KeyId", "Limit", "Marker"]) { (call) throws(KeyServiceRefusal) in
            try await call.listAliases()
        },
        "TagResource": .init(["KeyId", "Tags"]) { (call) throws(KeyServiceRefusal) in try await call.tagResource() },
        "UntagResource": .init(["KeyId", "TagKeys"]) { (call) throws(KeyServiceRefusal) in
            try await call.untagResource()
        },
        "ListResourceTags": .init(["KeyId", "Limit", "Marker"]) { (call) throws(KeyServiceRefusal) in
            try await call.listResourceTags()
        },
    ]

    private static let permissions: [String: KeyServiceOperation] = [
        "GetKeyPolicy": .init(["KeyId", "PolicyName"]) { (call) throws(KeyServiceRefusal) in
            try await call.getKeyPolicy()
        },
        "ListKeyPolicies": .init(["KeyId", "Limit", "Marker"]) { (call) throws(KeyServiceRefusal) in
            try await call.listKeyPolicies()
        },
        "PutKeyPolicy": .init(["KeyId", "PolicyName", "Policy", "BypassPolicyLockoutSafetyCheck"]) {
            (call) throws(KeyServiceRefusal) in try await call.putKeyPolicy()
        },
        "CreateGrant": .init([
            "KeyId", "GranteePrincipal", "RetiringPrincipal", "Operations", "Constraints", "GrantTokens", "Name",
            "DryRun",
        ]) { (call) throws(KeyServiceRefusal) in try await call.createGrant() },
        "ListGrants": .init(["KeyId", "GrantId", "GranteePrincipal", "Limit", "Marker"]) {
            (call) throws(KeyServiceRefusal) in try await call.listGrants()
        },
        "ListRetirableGrants": .init(["RetiringPrincipal", "Limit", "Marker"]) { (call) throws(KeyServiceRefusal) in
            try await call.listRetirableGrants()
        },
        "RetireGrant": .init(["GrantToken", "KeyId", "GrantId", "DryRun"]) { (call) throws(KeyServiceRefusal) in
            try await call.endGrant("retire-grant")
        },
        "RevokeGrant": .init(["KeyId", "GrantId", "DryRun"]) { (call) throws(KeyServiceRefusal) in
            try await call.endGrant("revoke-grant")
        },
    ]

    private static let materials: [String: KeyServiceOperation] = [
        "RotateKeyOnDemand": .init(["KeyId"]) { (call) throws(KeyServiceRefusal) in
            try await call.rotateKeyOnDemand()
        },
        "EnableKeyRotation": .init(["KeyId", "RotationPeriodInDays"]) { (call) throws(KeyServiceRefusal) in
            try await call.enableKeyRotation()
        },
        "DisableKeyRotation": .init(["KeyId"]) { (call) throws(KeyServiceRefusal) in
            try await call.disableKeyRotation()
        },
        "GetKeyRotationStatus": .init(["KeyId"]) { (call) throws(KeyServiceRefusal) in
            try await call.getKeyRotationStatus()
        },
        "ListKeyRotations": .init(["KeyId", "IncludeKeyMaterial", "Limit", "Marker"]) {
            (call) throws(KeyServiceRefusal) in try await call.listKeyRotations()
        },
        "GetParametersForImport": .init(["KeyId", "WrappingAlgorithm", "WrappingKeySpec"]) {
            (call) throws(KeyServiceRefusal) in try await call.getParametersForImport()
        },
        "ImportKeyMaterial": .init(
            [
                "KeyId", "ImportToken", "EncryptedKeyMaterial", "ValidTo", "ExpirationModel", "ImportType",
                "KeyMaterialId",
            ], carriesSecret: true
        ) { (call) throws(KeyServiceRefusal) in try await call.importKeyMaterial() },
        "DeleteImportedKeyMaterial": .init(["KeyId", "KeyMaterialId"]) { (call) throws(KeyServiceRefusal) in
            try await call.deleteImportedKeyMaterial()
        },
        "ReplicateKey": .init([
            "KeyId", "ReplicaRegion", "Policy", "BypassPolicyLockoutSafetyCheck", "Description", "Tags",
        ]) { (call) throws(KeyServiceRefusal) in try await call.replicateKey() },
        "UpdatePrimaryRegion": .init(["KeyId", "PrimaryRegion"]) { (call) throws(KeyServiceRefusal) in
            try await call.updatePrimaryRegion()
        },
    ]

    /// Operations of KMS that there is no support for: asymmetric keys, HMAC keys, custom key stores.
    static let notOffered: Set<String> = [
        "ConnectCustomKeyStore", "CreateCustomKeyStore", "Decapsulate", "DeleteCustomKeyStore", "DeriveSharedSecret",
        "DescribeCustomKeyStores", "DisconnectCustomKeyStore", "Encapsulate", "GenerateDataKeyPair",
        "GenerateDataKeyPairWithoutPlaintext", "GenerateMac", "GetPublicKey", "Sign", "UpdateCustomKeyStore", "Verify",
        "VerifyMac",
    ]
}
