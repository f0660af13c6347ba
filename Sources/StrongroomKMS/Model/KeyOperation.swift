/// What can be asked of a key. More will come: compare with the static members.
public struct KeyOperation: Hashable, Sendable, CustomStringConvertible {
    /// KMS's name of the operation.
    public let description: String

    private init(_ name: String) { description = name }

    /// A new data key, in plaintext and sealed.
    public static let generateDataKey = KeyOperation("GenerateDataKey")
    /// A new data key, sealed only.
    public static let generateDataKeyWithoutPlaintext = KeyOperation("GenerateDataKeyWithoutPlaintext")
    /// Random bytes; of no key.
    public static let generateRandom = KeyOperation("GenerateRandom")
    /// Seals up to 4096 bytes.
    public static let encrypt = KeyOperation("Encrypt")
    /// Opens what was sealed.
    public static let decrypt = KeyOperation("Decrypt")
    /// Opens what was sealed, and seals it under the current material of the same key or of another.
    public static let reEncrypt = KeyOperation("ReEncrypt")
    /// Makes the key.
    public static let createKey = KeyOperation("CreateKey")
    /// What the key is like.
    public static let describeKey = KeyOperation("DescribeKey")
    /// All keys; of no key.
    public static let listKeys = KeyOperation("ListKeys")
    /// Enables the key.
    public static let enableKey = KeyOperation("EnableKey")
    /// Disables the key.
    public static let disableKey = KeyOperation("DisableKey")
    /// Sets the day on which the key is destroyed.
    public static let scheduleKeyDeletion = KeyOperation("ScheduleKeyDeletion")
    /// Takes that day back.
    public static let cancelKeyDeletion = KeyOperation("CancelKeyDeletion")
    /// Describes the key in other words.
    public static let updateKeyDescription = KeyOperation("UpdateKeyDescription")
    /// Gives the key tags.
    public static let tagResource = KeyOperation("TagResource")
    /// Takes tags from the key.
    public static let untagResource = KeyOperation("UntagResource")
    /// The key's tags.
    public static let listResourceTags = KeyOperation("ListResourceTags")
    /// Gives the key a name.
    public static let createAlias = KeyOperation("CreateAlias")
    /// Moves a name to the key.
    public static let updateAlias = KeyOperation("UpdateAlias")
    /// Takes a name from the key.
    public static let deleteAlias = KeyOperation("DeleteAlias")
    /// The key's names.
    public static let listAliases = KeyOperation("ListAliases")
    /// Gives the key new material.
    public static let rotateKey = KeyOperation("RotateKeyOnDemand")
    /// Has the key get new material by itself.
    public static let enableKeyRotation = KeyOperation("EnableKeyRotation")
    /// Has the key keep its material until it is rotated on demand.
    public static let disableKeyRotation = KeyOperation("DisableKeyRotation")
    /// Whether and when the key gets new material by itself.
    public static let getKeyRotationStatus = KeyOperation("GetKeyRotationStatus")
    /// The key's materials.
    public static let listRotations = KeyOperation("ListKeyRotations")
    /// What material to be imported is encrypted with.
    public static let getParametersForImport = KeyOperation("GetParametersForImport")
    /// Gives the key material from elsewhere.
    public static let importKeyMaterial = KeyOperation("ImportKeyMaterial")
    /// Destroys imported material.
    public static let deleteImportedKeyMaterial = KeyOperation("DeleteImportedKeyMaterial")
    /// Makes a replica of the key in another region.
    public static let replicateKey = KeyOperation("ReplicateKey")
    /// Has a replica of the key be the primary.
    public static let updatePrimaryRegion = KeyOperation("UpdatePrimaryRegion")
    /// The key's policy.
    public static let getKeyPolicy = KeyOperation("GetKeyPolicy")
    /// What policies the key has: one, which is called `default`.
    public static let listKeyPolicies = KeyOperation("ListKeyPolicies")
    /// When the key was last used.
    public static let getKeyLastUsage = KeyOperation("GetKeyLastUsage")
    /// Gives the key another policy.
    public static let putKeyPolicy = KeyOperation("PutKeyPolicy")
    /// Lets somebody use the key.
    public static let createGrant = KeyOperation("CreateGrant")
    /// Who was let use the key.
    public static let listGrants = KeyOperation("ListGrants")
    /// Which grants somebody may retire; of no key.
    public static let listRetirableGrants = KeyOperation("ListRetirableGrants")
    /// Gives up a grant that is no longer needed.
    public static let retireGrant = KeyOperation("RetireGrant")
    /// Takes a grant back.
    public static let revokeGrant = KeyOperation("RevokeGrant")

    static let all = [
        generateDataKey, generateDataKeyWithoutPlaintext, generateRandom, encrypt, decrypt, reEncrypt, createKey,
        describeKey, listKeys, enableKey, disableKey, scheduleKeyDeletion, cancelKeyDeletion, updateKeyDescription,
        tagResource, untagResource, listResourceTags, createAlias, updateAlias, deleteAlias, listAliases, rotateKey,
        enableKeyRotation, disableKeyRotation, getKeyRotationStatus, listRotations, getParametersForImport,
        importKeyMaterial, deleteImportedKeyMaterial, replicateKey, updatePrimaryRegion, getKeyPolicy, putKeyPolicy,
        listKeyPolicies, getKeyLastUsage, createGrant, listGrants, listRetirableGrants, retireGrant, revokeGrant,
    ]
    /// Those that concern no single key.
    static let ofNoKey: Set<KeyOperation> = [generateRandom, listKeys, listRetirableGrants]
}
