internal import CStrongroomKeyBackend
public import StrongroomCrypto
public import StrongroomKeys
public import SystemPackage

/// The backend that every store has: keys of its own, in a folder beside the store, opened by a root key
/// in a file or by a passphrase.
///
/// It keeps two *key lines*, each with versions that rotate independently: one wraps objects' data keys
/// (SSE-S3), one the store's metadata key. It does not bind encryption contexts; the engine binds what
/// must be bound by itself.
///
/// Settings for opening it as a module:
///
/// - `root-key-file`: absolute path of the root key file. When creating, it is read, or made if there is none, and must
///   lie outside this backend's folder in the keyring. When opening, it is taken instead of the one recorded.
/// - `scrypt-cost-exponent`: when creating with a passphrase, N is two to this power, 10 to 20; 17 by default.
///
/// The secret is the passphrase; without one, creating makes a root key file in the keyring. The
/// passphrase is used while opening and kept nowhere.
public enum S3ManagedKeys {
    /// The folder in the keyring that belongs to this backend.
    public static let folderName: FilePath.Component = "s3-managed"
    /// Wraps objects' data keys. The default key.
    public static let objectKeyID = "s3-managed/objects"
    /// Wraps the store's metadata key.
    public static let metadataKeyID = "s3-managed/metadata"
    /// The backend's own version.
    public static let version = "1.0.0"

    package static let rootKeyFileSetting = "root-key-file"
    package static let scryptSetting = "scrypt-cost-exponent"

    /// The backend as a host opens it, linked in or as a module.
    public static let table = exportKeyBackend(
        name: "s3-managed", version: version, capabilities: [.returnsPromptly]
    ) { (configuration, host) throws(KeyBackendError) in
        try S3ManagedBackend(configuration, host)
    }

    /// What opens the keyring.
    public enum RootKey: ~Copyable, Sendable {
        /// When creating: a new root key file in the keyring. When opening: the file that is recorded there.
        case recorded
        /// The file at this absolute path; when creating, it is made if there is none, outside this backend's folder.
        case file(FilePath)
        /// A passphrase, stretched by scrypt.
        case passphrase(SecretBytes)
    }

    /// The configuration with which ``KeyBackendInstance`` opens this backend.
    ///
    /// - Parameters:
    ///   - keyring: the keyring folder, an absolute path; this backend's files are in a folder of it.
    ///   - creates: make a new keyring; fails with `keyringExists` if there is one.
    ///   - scryptCostExponent: when creating with a passphrase, the price of guessing it.
    public static func configuration(
        keyring: FilePath, rootKey: consuming RootKey = .recorded, creates: Bool = false,
        scryptCostExponent: Int? = nil
    ) -> KeyBackendConfiguration {
        var configuration = KeyBackendConfiguration(keyring: keyring, creates: creates)
        switch consume rootKey {
        case .recorded: break
        case .file(let path): configuration.settings[rootKeyFileSetting] = path.string
        case .passphrase(let passphrase): configuration.secret = consume passphrase
        }
        if let scryptCostExponent { configuration.settings[scryptSetting] = String(scryptCostExponent) }
        return configuration
    }

    /// Makes a new keyring. Blocks: not to be called on Swift's cooperative pool.
    public static func initialize(
        keyring: FilePath, rootKey: consuming RootKey = .recorded, scryptCostExponent: Int? = nil,
        host: any KeyBackendHost = ProcessKeyBackendHost.silent
    ) throws(KeyBackendError) {
        let configuration = configuration(
            keyring: keyring, rootKey: rootKey, creates: true, scryptCostExponent: scryptCostExponent)
        _ = try S3ManagedBackend(configuration, host)
    }

    /// Seals the keyring under another root key or passphrase. Data keys stay as they are. Blocks.
    ///
    /// The keyring is replaced in one step: after a crash either the old or the new root key opens it. A
    /// root key file that the backend made in the keyring is removed once it is replaced; one elsewhere is left, and
    /// so is one that a crash has left in the keyring.
    public static func replaceRootKey(
        keyring: FilePath, current: consuming RootKey = .recorded, new: consuming RootKey,
        scryptCostExponent: Int? = nil, host: any KeyBackendHost = ProcessKeyBackendHost.silent
    ) throws(KeyBackendError) {
        let backend = try S3ManagedBackend(configuration(keyring: keyring, rootKey: current), host)
        try backend.replaceRootKey(
            configuration(keyring: keyring, rootKey: new, scryptCostExponent: scryptCostExponent))
    }
}
