#if RemoteKMS
/// An operation of the service.
struct ServiceOperation: Sendable {
    let name: String
    /// Whether the answer holds a data key in plaintext.
    var isSecret = false
    /// Whether doing it twice does no harm.
    var isRepeatable = true

    /// What is longer is no answer.
    var answerSizeBytesMax = listSizeBytesMax

    /// A wrapped key has at most 6144 bytes, a data key 32; the rest is names.
    private static let keyAnswerSizeBytesMax = 32 << 10
    /// A page of a thousand aliases.
    private static let listSizeBytesMax = 1 << 20

    // Generating twice makes two keys, of which one is never seen again.
    static let generateDataKey = ServiceOperation(
        name: "GenerateDataKey", isSecret: true, answerSizeBytesMax: keyAnswerSizeBytesMax)
    static let decrypt = ServiceOperation(name: "Decrypt", isSecret: true, answerSizeBytesMax: keyAnswerSizeBytesMax)
    static let reEncrypt = ServiceOperation(name: "ReEncrypt", answerSizeBytesMax: keyAnswerSizeBytesMax)
    static let describeKey = ServiceOperation(name: "DescribeKey")
    static let listKeys = ServiceOperation(name: "ListKeys")
    static let listAliases = ServiceOperation(name: "ListAliases")
    static let listKeyRotations = ServiceOperation(name: "ListKeyRotations")
    static let getKeyPolicy = ServiceOperation(name: "GetKeyPolicy")
    static let enableKey = ServiceOperation(name: "EnableKey")
    static let disableKey = ServiceOperation(name: "DisableKey")
    static let putKeyPolicy = ServiceOperation(name: "PutKeyPolicy")
    static let updateAlias = ServiceOperation(name: "UpdateAlias")
    static let createKey = ServiceOperation(name: "CreateKey", isRepeatable: false)
    static let rotateKeyOnDemand = ServiceOperation(name: "RotateKeyOnDemand", isRepeatable: false)
    static let createAlias = ServiceOperation(name: "CreateAlias", isRepeatable: false)
    static let deleteAlias = ServiceOperation(name: "DeleteAlias", isRepeatable: false)
}
#endif
