public import StrongroomKeys
public import SystemPackage

/// Keys in a hardware token (HSM), reached through its PKCS#11 library: SSE-KMS under keys that never leave the token.
///
/// A key's id is its label in the token: a prefix and a name, such as `strongroom/photos`. Without an id a request gets
/// `default` after the prefix, the key that creating makes. A key has versions, each an object of its own in the token
/// (a generic secret for HMAC that is sensitive and cannot be taken out); rotating makes the next, and the old ones
/// still open what they have wrapped. Contexts are bound. Nothing is kept in the keyring.
///
/// Settings for opening it as a module:
///
/// - `library`: absolute path of the token's PKCS#11 library, which must belong to root or this user, as all folders
///   above it, and be writable by nobody else; no symbolic link.
/// - `library-sha256`: its SHA-256 in hexadecimal; any other content is refused. Without it the owner and the
///   permissions must do.
/// - `token` or `slot`: the token's label, or the number of its slot.
/// - `pin-file`: absolute path of a file of mode 0600 with the PIN in its first line. Processes that name the same file
///   change the token one at a time, by a lock on it.
/// - `key-prefix`: what stands before the names of keys, `strongroom/` by default: 1 to 64 letters, digits and
///   `.`, `_`, `-`, `/`.
/// - `sessions`: how many calls the token works on at a time, 1 to 64; 4 by default.
///
/// The secret is the PIN, instead of a file. It stays in locked memory while the backend is open, to log in again at a
/// token that was away. A PIN that the token refuses is never tried twice.
public enum PKCS11Keys {
    /// What kind of backend it is.
    public static let name = "pkcs11"
    /// The backend's own version.
    public static let version = "1.0.0"
    /// The name, after the prefix, of the key of requests that name none.
    public static let defaultKeyName = "default"

    /// The backend as a host opens it, linked in or as a module.
    public static let table = exportKeyBackend(
        name: name, version: version, capabilities: [.bindsContext, .returnsPromptly]
    ) { (configuration, host) throws(KeyBackendError) in
        try PKCS11Backend(configuration, host)
    }

    /// The settings with which a ``KeyBackendInstance`` or a store opens this backend.
    ///
    /// - Parameters:
    ///   - library: absolute path of the token's PKCS#11 library.
    ///   - librarySHA256: its pin; nil for none.
    ///   - token: the token's label.
    ///   - pinFile: absolute path of the file with the PIN.
    ///   - keyPrefix: what stands before the names of keys; nil for `strongroom/`.
    ///   - sessions: how many calls the token works on at a time; nil for 4.
    public static func settings(
        library: FilePath, librarySHA256: [UInt8]? = nil, token: String, pinFile: FilePath, keyPrefix: String? = nil,
        sessions: Int? = nil
    ) -> [String: String] {
        var settings = [
            PKCS11Settings.Name.library.rawValue: library.string, PKCS11Settings.Name.token.rawValue: token,
            PKCS11Settings.Name.pinFile.rawValue: pinFile.string,
        ]
        settings[PKCS11Settings.Name.librarySHA256.rawValue] = librarySHA256.map { Hexadecimal.encode($0) }
        settings[PKCS11Settings.Name.keyPrefix.rawValue] = keyPrefix
        settings[PKCS11Settings.Name.sessions.rawValue] = sessions.map { String($0) }
        return settings
    }
}
