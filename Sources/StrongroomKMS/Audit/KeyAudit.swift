internal import StrongroomKeyTrail
public import SystemPackage

/// Whether and where the service keeps its audit trail.
public enum KeyAudit: Sendable, Hashable {
    /// In the folder `audit` beside the keys.
    case inKeyring
    /// In the folder at this absolute path, which is made if there is none; on another disk than the keyring, so that
    /// who can put back one of them cannot put back the other.
    case inFolder(FilePath)
    /// Nothing is recorded.
    case off

    /// The settings of a backend's configuration that say it.
    var settings: [String: String] { keyringAudit.settings }

    /// The same for the target beneath, which no user of the service has to import.
    private var keyringAudit: KeyringAudit {
        switch self {
        case .inKeyring: .inKeyring
        case .inFolder(let path): .inFolder(path)
        case .off: .off
        }
    }
}
