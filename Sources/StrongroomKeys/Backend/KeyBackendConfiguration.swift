public import StrongroomCrypto
public import SystemPackage

/// What an instance of a backend is opened with.
public struct KeyBackendConfiguration: ~Copyable, Sendable {
    /// The keyring folder, an absolute path. Nil for a backend that keeps nothing on disk.
    public var keyring: FilePath?
    /// Make a new keyring, and fail if there is one.
    public var creates: Bool
    /// Settings that the backend documents. One it does not know makes it refuse to open.
    public var settings: [String: String]
    /// The one secret that opens it: a passphrase, a PIN, a token. Gone once the backend is open.
    public var secret: SecretBytes?

    /// A configuration; by default of a backend that needs none.
    public init(
        keyring: FilePath? = nil, creates: Bool = false, settings: [String: String] = [:],
        secret: consuming SecretBytes? = nil
    ) {
        self.keyring = keyring
        self.creates = creates
        self.settings = settings
        self.secret = secret
    }
}
