internal import StrongroomKeyring
internal import StrongroomKeys

/// The settings that a configuration may have, beside those of every keyring.
enum KeyServiceSettings {
    /// Twelve digits.
    static let account = "account"
    /// Such as "us-east-1".
    static let region = "region"

    /// Fails for what is not known, for what only a new keyring takes where one is opened, and for no owner's name.
    static func check(_ settings: [String: String], creates: Bool) throws(KeyBackendError) {
        try KeyringSettings.check(settings, ServiceKeyring.kind, alsoKnown: [account, region])
        _ = try owner(settings)
        if !creates, let fixed = [account, region].first(where: { settings[$0] != nil }) {
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
