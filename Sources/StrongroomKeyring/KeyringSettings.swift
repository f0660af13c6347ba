package import StrongroomKeys

/// The settings that every backend with a keyring has.
package enum KeyringSettings {
    package static let rootKeyFile = "root-key-file"
    package static let scryptCostExponent = "scrypt-cost-exponent"

    /// Fails with `invalidRequest` for a setting that would be ignored. A backend may know more than every one does.
    package static func check(
        _ settings: [String: String], _ kind: KeyringKind, alsoKnown: [String] = []
    ) throws(KeyBackendError) {
        let known = [rootKeyFile, scryptCostExponent] + alsoKnown
        if let unknown = settings.keys.sorted().first(where: { !known.contains($0) }) {
            throw KeyBackendError(
                .invalidRequest,
                "The \(kind.title) have no setting '\(unknown)'; there are \(known.joined(separator: ", ")).")
        }
    }
}
