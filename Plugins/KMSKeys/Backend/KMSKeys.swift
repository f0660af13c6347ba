public import StrongroomKMS
public import StrongroomKeys
public import SystemPackage

/// The key service as a key backend: SSE-KMS without a remote service.
///
/// Its keys are those of a ``KeyService`` in the keyring's folder `kms`. A request may name a key by id, ARN, alias or
/// alias ARN; without one it gets `alias/aws/s3`, which every keyring has. A wrapped data key always names its key by
/// ARN, never by alias, and its key version is the id of the material. Contexts are bound.
///
/// Settings for opening it as a module:
///
/// - `root-key-file`: absolute path of the root key file. When creating, it is read, or made if there is none, and must
///   lie outside the folder `kms` in the keyring. When opening, it is taken instead of the one recorded.
/// - `scrypt-cost-exponent`: when creating with a passphrase, N is two to this power, 10 to 20; 17 by default.
/// - `quotas`, `quota-…-per-second`, `quota-caller-percent`: how many requests are answered; see `KeyQuotas`. By
///   default all.
/// - `price-per-10000-requests`: what requests cost, for the operation `status`; nothing by default.
/// - `audit`: `off` keeps no audit trail; it is kept where nothing is said.
/// - `audit-folder`: absolute path of the folder for the trail, which is made if there is none; by default `kms/audit`
///   in the keyring. On another disk it cannot be put back to an older state together with the keyring.
/// - `account`, `region`: when creating, those of the keys' ARNs; `000000000000` and `us-east-1` by default.
///
/// The secret is the passphrase; without one, creating makes a root key file in the keyring.
public enum KMSKeys {
    /// What kind of backend it is.
    public static let name = "kms"
    /// The backend's own version.
    public static let version = "1.0.0"
    /// The key of requests that name none.
    public static let defaultKeyID = KeyService.defaultKeyID

    /// The backend as a host opens it, linked in or as a module.
    public static let table = exportKeyBackend(
        name: name, version: version, capabilities: [.bindsContext, .returnsPromptly, .heedsPolicies]
    ) { (configuration, host) throws(KeyBackendError) in
        KMSBackend(try KeyService(configuration, host))
    }

    /// The configuration with which ``KeyBackendInstance`` opens this backend.
    ///
    /// - Parameters:
    ///   - keyring: the keyring folder, an absolute path; this backend's files are in a folder of it.
    ///   - rootKey: what opens it, or will.
    ///   - creates: make a new keyring; fails with `keyringExists` if there is one.
    ///   - account: when creating, the account in the keys' ARNs.
    ///   - region: when creating, the region in the keys' ARNs.
    ///   - scryptCostExponent: when creating with a passphrase, the price of guessing it.
    ///   - audit: whether and where the audit trail is kept.
    public static func configuration(
        keyring: FilePath, rootKey: consuming KeyService.RootKey = .recorded, creates: Bool = false,
        account: String? = nil, region: String? = nil, scryptCostExponent: Int? = nil, audit: KeyAudit = .inKeyring
    ) -> KeyBackendConfiguration {
        KeyService.configuration(
            keyring: keyring, rootKey: rootKey, creates: creates, account: account, region: region,
            scryptCostExponent: scryptCostExponent, audit: audit)
    }
}
