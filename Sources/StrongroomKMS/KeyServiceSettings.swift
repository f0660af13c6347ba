internal import StrongroomCrypto
internal import StrongroomKeys
internal import StrongroomS3ManagedKeys

/// The settings that a configuration may have.
package enum KeyServiceSettings {
    /// Absolute path of the root key file; as the S3-managed keys have it.
    package static let rootKeyFile = S3ManagedKeys.rootKeyFileSetting
    /// The price of guessing a passphrase; as the S3-managed keys have it.
    package static let scryptCostExponent = S3ManagedKeys.scryptSetting
    /// Twelve digits.
    package static let account = "account"
    /// Such as "us-east-1".
    package static let region = "region"

    static func check(_ settings: [String: String]) throws(KeyBackendError) {
        try check(settings, known: [rootKeyFile, scryptCostExponent, account, region])
    }

    /// What another root key is made with.
    static func checkForRootKey(_ settings: [String: String]) throws(KeyBackendError) {
        try check(settings, known: [rootKeyFile, scryptCostExponent])
    }

    private static func check(_ settings: [String: String], known: [String]) throws(KeyBackendError) {
        if let unknown = settings.keys.sorted().first(where: { !known.contains($0) }) {
            throw KeyBackendError(
                .invalidRequest,
                "The key service has no setting '\(unknown)' here; there are \(known.joined(separator: ", ")).")
        }
    }

    /// Fails where an existing keyring is opened with what only a new one takes.
    static func checkNothingFixed(_ settings: [String: String]) throws(KeyBackendError) {
        if let fixed = [account, region, scryptCostExponent].first(where: { settings[$0] != nil }) {
            throw KeyBackendError(
                .invalidRequest, "The setting '\(fixed)' is fixed when the keyring is made; leave it out.")
        }
    }

    static func owner(_ settings: [String: String]) throws(KeyBackendError) -> KeyOwner {
        do throws(KeyServiceError) {
            return try KeyOwner(
                account: settings[account] ?? KeyOwner.defaultAccount,
                region: settings[region] ?? KeyOwner.defaultRegion)
        } catch {
            throw KeyBackendError(error)
        }
    }
}
