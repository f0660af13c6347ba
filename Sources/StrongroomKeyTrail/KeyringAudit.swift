package import StrongroomKeys
public import SystemPackage

/// Whether and where the audit trail of a keyring is kept.
public enum KeyringAudit: Sendable, Hashable {
    /// In the folder `audit` beside the keys.
    case inKeyring
    /// In the folder at this absolute path, which is made if there is none; on another disk than the keyring, so that
    /// who can put back one of them cannot put back the other.
    case inFolder(FilePath)
    /// Nothing is recorded.
    case off

    /// `on` or `off`.
    private static let audit = "audit"
    /// An absolute path.
    private static let auditFolder = "audit-folder"

    /// What a backend's configuration may say of it.
    package static let settingNames = [audit, auditFolder]

    /// What a backend's configuration says of it.
    package init(_ settings: [String: String]) throws(KeyBackendError) {
        switch (settings[Self.audit] ?? "on", settings[Self.auditFolder]) {
        case ("on", nil): self = .inKeyring
        case ("off", nil): self = .off
        case ("on", let path?):
            let folder = FilePath(path)
            guard folder.isAbsolute, folder.isLexicallyNormal else {
                throw KeyBackendError(
                    .invalidRequest, "The setting '\(Self.auditFolder)' is '\(path)'; give an absolute path.")
            }
            self = .inFolder(folder)
        case ("off", _):
            throw KeyBackendError(
                .invalidRequest, "Where '\(Self.audit)' is off, leave out '\(Self.auditFolder)'.")
        case (let text, _):
            throw KeyBackendError(
                .invalidRequest, "The setting '\(Self.audit)' is '\(text)'; it may be on or off.")
        }
    }

    /// The settings that say it.
    package var settings: [String: String] {
        switch self {
        case .inKeyring: [:]
        case .inFolder(let path): [Self.auditFolder: path.string]
        case .off: [Self.audit: "off"]
        }
    }
}
