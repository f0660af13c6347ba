package import StrongroomKeys

/// What a backend keeps in its keyring: keys in locked memory, and how they stand in the file.
package protocol KeyringContent: Sendable {
    static var kind: KeyringKind { get }

    /// The first keys of a new keyring; the settings are those that ask for it.
    static func make(
        _ header: KeyringHeader, _ settings: [String: String], _ root: RootKeys, _ host: any KeyBackendHost
    ) throws(KeyBackendError) -> Self

    /// Opens every key of a file that `root` has verified. The file's body is checked here and nowhere else.
    init(opening file: KeyringFile, _ root: RootKeys) throws(KeyBackendError)

    /// The file that holds it.
    var file: KeyringFile { get }

    /// The same keys, sealed under another root key, which the header describes.
    func resealed(
        _ header: KeyringHeader, _ root: RootKeys, _ host: any KeyBackendHost
    ) throws(KeyBackendError) -> Self
}
