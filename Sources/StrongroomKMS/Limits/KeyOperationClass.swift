/// Operations that share a request quota. More may come: compare with the static members.
public struct KeyOperationClass: Hashable, Sendable, CustomStringConvertible {
    /// As the settings call it: `quota-` and this and `-per-second`.
    public let description: String

    private init(_ name: String) { description = name }

    /// All that uses keys: `GenerateDataKey`, `Decrypt`, `Encrypt`, `ReEncrypt`, `GenerateRandom`.
    public static let cryptographic = KeyOperationClass("cryptographic")
    /// `CreateKey`.
    public static let createKey = KeyOperationClass("create-key")
    /// `CreateGrant`.
    public static let createGrant = KeyOperationClass("create-grant")
    /// `DescribeKey`.
    public static let describeKey = KeyOperationClass("describe-key")
    /// `ListKeys`.
    public static let listKeys = KeyOperationClass("list-keys")
    /// `PutKeyPolicy`.
    public static let putKeyPolicy = KeyOperationClass("put-key-policy")
    /// `ScheduleKeyDeletion`.
    public static let scheduleKeyDeletion = KeyOperationClass("schedule-key-deletion")
    /// All others.
    public static let other = KeyOperationClass("other")

    /// Every class.
    public static let all = [
        cryptographic, createKey, createGrant, describeKey, listKeys, putKeyPolicy, scheduleKeyDeletion, other,
    ]

    /// The class that an operation counts against.
    public init(of operation: KeyOperation) { self = Self.classes[operation] ?? .other }

    private static let classes: [KeyOperation: KeyOperationClass] = [
        .generateDataKey: cryptographic, .generateDataKeyWithoutPlaintext: cryptographic,
        .generateRandom: cryptographic, .encrypt: cryptographic, .decrypt: cryptographic, .reEncrypt: cryptographic,
        .createKey: createKey, .createGrant: createGrant, .describeKey: describeKey, .listKeys: listKeys,
        .putKeyPolicy: putKeyPolicy, .scheduleKeyDeletion: scheduleKeyDeletion,
    ]
}
