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

    /// The settings `audit` and `audit-folder` of a backend's configuration.
    var settings: [String: String] {
        switch self {
        case .inKeyring: [:]
        case .inFolder(let path): [KeyServiceSettings.auditFolder: path.string]
        case .off: [KeyServiceSettings.audit: "off"]
        }
    }
}
