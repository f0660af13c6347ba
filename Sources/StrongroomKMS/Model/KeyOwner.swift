/// The account and region that all keys of a keyring belong to; they never change.
struct KeyOwner: Sendable, Equatable {
    static let defaultAccount = "000000000000"
    static let defaultRegion = "us-east-1"
    private static let accountDigits = 12
    private static let regionSizeBytesMax = 32

    let account: String
    let region: String

    init(account: String, region: String) throws(KeyServiceError) {
        guard account.utf8.count == Self.accountDigits, account.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            throw KeyServiceError(
                .validation, "'\(account)' is no account; give its \(Self.accountDigits) digits.")
        }
        guard (1...Self.regionSizeBytesMax).contains(region.utf8.count),
            region.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x7A).contains($0) || $0 == 0x2D })
        else {
            throw KeyServiceError(
                .validation, "'\(region)' is no region; give a name such as \(Self.defaultRegion).")
        }
        (self.account, self.region) = (account, region)
    }

    func arn(_ id: KeyID) -> String { prefix + "key/\(id)" }

    /// The key of the same id in another region.
    func arn(_ id: KeyID, in region: String) -> String { "arn:aws:kms:\(region):\(account):key/\(id)" }

    func arn(_ name: AliasName) -> String { prefix + name.description }

    /// The account's root, which policies name for the account.
    var rootARN: String { "arn:aws:iam::\(account):root" }

    private var prefix: String { "arn:aws:kms:\(region):\(account):" }
}
