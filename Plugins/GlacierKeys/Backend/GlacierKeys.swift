internal import CStrongroomKeyBackend
internal import StrongroomCrypto
public import StrongroomKeyTrail
public import StrongroomKeyring
public import StrongroomKeys
public import SystemPackage

/// The keys of the archive: a hierarchy of its own, with a root key of its own, so that what is archived depends on no
/// key management service and on no customer's key, and can be forgotten for good.
///
/// There is one key for each *archive epoch*. The current epoch seals; the earlier ones only open. What they seal are
/// keys that are wrapped already, by whatever backend: a wrap around a wrap, so that no mode is weakened. Destroying an
/// epoch's key makes everything that it sealed unreadable at once (crypto-shredding), and leaves a signed receipt.
///
/// Through the contract's own operations it is a backend like any other, whose key versions are the epochs. Wraps are
/// sealed by `control` requests, which ``ArchiveKeys`` makes.
///
/// Settings for opening it as a module:
///
/// - `root-key-file`: absolute path of the root key file. When creating, it is read, or made if there is none, and must
///   lie outside this backend's folder in the keyring. When opening, it is taken instead of the one recorded.
/// - `scrypt-cost-exponent`: when creating with a passphrase, N is two to this power, 10 to 20; 17 by default.
/// - `audit`: `off` keeps no audit trail; it is kept where nothing is said.
/// - `audit-folder`: absolute path of the folder for the trail, which is made if there is none; by default
///   `glacier/audit` in the keyring. On another disk it cannot be put back to an older state together with the keyring.
///
/// The secret is the passphrase; without one, creating makes a root key file in the keyring.
public enum GlacierKeys {
    /// The folder in the keyring that belongs to this backend.
    public static let folderName: FilePath.Component = "glacier"
    /// The one key, of which each epoch is a version.
    public static let keyID = "glacier/archive"
    /// The backend's own version.
    public static let version = "1.0.0"

    /// Label and magic are part of the keyring's format and must not change.
    static let keyringKind = KeyringKind(
        title: "archive keys", folderName: folderName, label: "glacier", magic: "SR-GLKEY")

    /// The backend as a host opens it, linked in or as a module.
    public static let table = exportKeyBackend(
        name: "glacier", version: version, capabilities: [.returnsPromptly, .bindsContext]
    ) { (configuration, host) throws(KeyBackendError) in
        try GlacierBackend(configuration, host)
    }

    /// What opens the keyring.
    public typealias RootKey = KeyringRootKey

    /// Whether and where the audit trail is kept.
    public typealias Audit = KeyringAudit

    /// The configuration with which ``KeyBackendInstance`` opens this backend.
    ///
    /// - Parameters:
    ///   - keyring: the keyring folder, an absolute path; this backend's files are in a folder of it.
    ///   - creates: make a new keyring; fails with `keyringExists` if there is one.
    ///   - scryptCostExponent: when creating with a passphrase, the price of guessing it.
    ///   - audit: whether and where the audit trail is kept.
    public static func configuration(
        keyring: FilePath, rootKey: consuming RootKey = .recorded, creates: Bool = false,
        scryptCostExponent: Int? = nil, audit: Audit = .inKeyring
    ) -> KeyBackendConfiguration {
        var configuration = rootKey.configuration(
            keyring: keyring, creates: creates, scryptCostExponent: scryptCostExponent)
        configuration.settings.merge(audit.settings) { $1 }
        return configuration
    }

    /// Makes a new keyring. Blocks: not to be called on Swift's cooperative pool.
    public static func initialize(
        keyring: FilePath, rootKey: consuming RootKey = .recorded, scryptCostExponent: Int? = nil,
        audit: Audit = .inKeyring, host: any KeyBackendHost = ProcessKeyBackendHost.silent
    ) throws(KeyBackendError) {
        let configuration = configuration(
            keyring: keyring, rootKey: rootKey, creates: true, scryptCostExponent: scryptCostExponent, audit: audit)
        try GlacierBackend(configuration, host).closeBlocking()
    }

    /// Seals the keyring under another root key or passphrase; epochs and what they sealed stay as they are. Blocks.
    ///
    /// Worth doing after an epoch was destroyed: older copies of the keyring then need the older root key as well. It
    /// is recorded in the audit trail, which one process at a time can have open.
    public static func replaceRootKey(
        keyring: FilePath, current: consuming RootKey = .recorded, new: consuming RootKey,
        scryptCostExponent: Int? = nil, audit: Audit = .inKeyring,
        host: any KeyBackendHost = ProcessKeyBackendHost.silent
    ) throws(KeyBackendError) {
        let backend = try GlacierBackend(configuration(keyring: keyring, rootKey: current, audit: audit), host)
        defer { backend.closeBlocking() }
        try backend.replaceRootKey(
            configuration(keyring: keyring, rootKey: new, scryptCostExponent: scryptCostExponent))
    }
}
