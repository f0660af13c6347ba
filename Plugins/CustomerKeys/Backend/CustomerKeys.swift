internal import CStrongroomKeyBackend
public import StrongroomKeys

/// The backend of SSE-C: it has no keys. Each request brings the caller's own, and nothing of that is kept but a MAC
/// with a salt, by which the next one is recognised.
///
/// It has one key id, ``keyID``. The version of a wrapped key is its *fingerprint*: 16 hexadecimal digits of that
/// MAC, which tell two objects of one key no more than two of different keys. It takes no settings, no secret and no
/// keyring.
public enum CustomerKeys {
    /// The one key id.
    public static let keyID = "customer"
    /// The version of the backend.
    public static let version = "1.0"

    /// The backend's table, to be opened without a module.
    public static let table = exportKeyBackend(
        name: "customer-keys", version: version,
        capabilities: [.bindsContext, .returnsPromptly, .needsCustomerKey]
    ) { (configuration, host) throws(KeyBackendError) in
        guard configuration.settings.isEmpty, configuration.secret == nil else {
            throw KeyBackendError(
                .invalidRequest, "The customer keys take no settings and no secret; leave them out.")
        }
        return CustomerKeyBackend(host)
    }
}
