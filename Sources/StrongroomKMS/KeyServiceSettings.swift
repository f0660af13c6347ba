internal import StrongroomKeyTrail
internal import StrongroomKeyring
internal import StrongroomKeys

/// The settings that a configuration may have, beside those of every keyring.
enum KeyServiceSettings {
    /// Twelve digits.
    static let account = "account"
    /// Such as "us-east-1".
    static let region = "region"
    /// What 10,000 requests cost, such as "0.03".
    static let price = "price-per-10000-requests"

    /// Fails for what is not known, for what only a new keyring takes where one is opened, and for no owner's name.
    static func check(_ settings: [String: String], creates: Bool) throws(KeyBackendError) {
        try KeyringSettings.check(
            settings, ServiceKeyring.kind,
            alsoKnown: [account, region, price] + KeyringAudit.settingNames + KeyQuotas.settingNames)
        _ = try owner(settings)
        _ = try KeyringAudit(settings)
        if !creates, let fixed = [account, region].first(where: { settings[$0] != nil }) {
            throw KeyBackendError(
                .invalidRequest, "The setting '\(fixed)' is fixed when the keyring is made; leave it out.")
        }
    }

    static func price(_ settings: [String: String]) throws(KeyBackendError) -> RequestPrice {
        guard let text = settings[price] else { return .zero }
        guard let parsed = RequestPrice(text) else {
            throw KeyBackendError(
                .invalidRequest,
                "The setting '\(price)' is '\(text.prefix(64))'; give a decimal number with at most six decimals, "
                    + "such as 0.03, up to \(RequestPrice.wholeMax).")
        }
        return parsed
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
