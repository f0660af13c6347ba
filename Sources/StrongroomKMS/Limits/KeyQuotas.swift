/// How many requests a second the service answers, by class of operations and for each account; those beyond fail with
/// ``KeyServiceError/Code/throttling``.
///
/// As many as a second brings may come at once. An application whose keys are its own needs no quotas, and by default
/// there are none.
public struct KeyQuotas: Sendable, Hashable {
    private var rates: [KeyOperationClass: Int] = [:]
    /// Which part of an account's quota one principal of it may have: 1 to 100 percent. All of it, unless it is set
    /// lower: then nobody's storm of requests keeps the others of the account from the service.
    public var callerPercent = 100

    /// None.
    public init() {}

    /// None: every request is answered.
    public static let unlimited = KeyQuotas()

    /// Those that AWS KMS has in most regions. ``KeyOperationClass/other`` has 5: there KMS counts each operation by
    /// itself, and 5 is what the smallest of them have.
    public static let kms: KeyQuotas = {
        var quotas = KeyQuotas()
        quotas.rates = [
            .cryptographic: 5_500, .createKey: 5, .createGrant: 50, .describeKey: 2_000, .listKeys: 500,
            .putKeyPolicy: 15, .scheduleKeyDeletion: 15, .other: 5,
        ]
        return quotas
    }()

    /// Requests per second, 1 to 1,000,000; nil where there is no quota.
    public subscript(_ operations: KeyOperationClass) -> Int? {
        get { rates[operations] }
        set { rates[operations] = newValue }
    }

    var isUnlimited: Bool { rates.isEmpty }
}
