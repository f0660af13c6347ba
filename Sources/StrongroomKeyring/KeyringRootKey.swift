public import StrongroomCrypto
package import StrongroomKeys
public import SystemPackage

/// What opens a keyring.
public enum KeyringRootKey: ~Copyable, Sendable {
    /// When creating: a new root key file in the keyring. When opening: the file that is recorded there.
    case recorded
    /// The file at this absolute path; when creating, it is made if there is none, outside the backend's folder.
    case file(FilePath)
    /// A passphrase, stretched by scrypt.
    case passphrase(SecretBytes)

    /// The configuration that opens a keyring, or makes one, with this root key.
    package consuming func configuration(
        keyring: FilePath?, creates: Bool, scryptCostExponent: Int?
    ) -> KeyBackendConfiguration {
        var configuration = KeyBackendConfiguration(keyring: keyring, creates: creates)
        switch consume self {
        case .recorded: break
        case .file(let path): configuration.settings[KeyringSettings.rootKeyFile] = path.string
        case .passphrase(let passphrase): configuration.secret = consume passphrase
        }
        if let scryptCostExponent {
            configuration.settings[KeyringSettings.scryptCostExponent] = String(scryptCostExponent)
        }
        return configuration
    }
}
