internal import StrongroomKeys

/// What every keyring file says of itself, whatever keys are in it.
package struct KeyringHeader: Sendable, Equatable {
    package static let identifierSizeBytes = 16
    package static let checkValueSizeBytes = 16

    /// Where the root key comes from.
    package enum RootSource: Sendable, Equatable {
        /// An absolute path outside the keyring's folder, or a name in it.
        case file(String)
        case passphrase(PassphraseParameters)

        /// The name of a root key file that was made in the keyring's folder; nil for everything else.
        package var nameInFolder: String? {
            guard case .file(let path) = self, !path.utf8.contains(UInt8(ascii: "/")) else { return nil }
            return path
        }

        /// As `status` answers it.
        package var name: String {
            switch self {
            case .file: "file"
            case .passphrase: "passphrase"
            }
        }
    }

    package var keyringID: [UInt8]
    package var createdMilliseconds: Int64
    package var rootSource: RootSource
    /// Tells a wrong root key from damage.
    package var checkValue: [UInt8]
}
