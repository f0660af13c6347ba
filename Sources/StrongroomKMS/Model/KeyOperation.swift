/// What can be asked of a key. More will come: compare with the static members.
public struct KeyOperation: Hashable, Sendable, CustomStringConvertible {
    /// KMS's name of the operation.
    public let description: String

    private init(_ name: String) { description = name }

    /// A new data key, in plaintext and sealed.
    public static let generateDataKey = KeyOperation("GenerateDataKey")
    /// Opens a sealed data key.
    public static let decrypt = KeyOperation("Decrypt")
    /// Seals a data key under the current material of the same key: ``KeyService/rewrap(_:encryptionContext:as:)``.
    public static let reEncrypt = KeyOperation("ReEncrypt")
    /// Makes the key.
    public static let createKey = KeyOperation("CreateKey")
    /// What the key is like.
    public static let describeKey = KeyOperation("DescribeKey")
    /// Enables the key.
    public static let enableKey = KeyOperation("EnableKey")
    /// Disables the key.
    public static let disableKey = KeyOperation("DisableKey")
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
    /// The key's materials.
    public static let listRotations = KeyOperation("ListKeyRotations")
    /// The key's policy.
    public static let getKeyPolicy = KeyOperation("GetKeyPolicy")
    /// Gives the key another policy.
    public static let putKeyPolicy = KeyOperation("PutKeyPolicy")

    static let all = [
        generateDataKey, decrypt, reEncrypt, createKey, describeKey, enableKey, disableKey, createAlias, updateAlias,
        deleteAlias, listAliases, rotateKey, listRotations, getKeyPolicy, putKeyPolicy,
    ]
}
