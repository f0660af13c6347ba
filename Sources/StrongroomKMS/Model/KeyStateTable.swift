/// Which operation a key allows in which state: KMS's own table, as data.
///
/// KMS has four more states, which do not occur here: they are of keys that live elsewhere (custom key stores), or that
/// are being copied to another region.
enum KeyStateTable {
    enum Verdict: Sendable, Hashable {
        case allowed
        /// Refused with `Disabled`.
        case disabled
        /// Refused with `KMSInvalidState`: the key is pending deletion.
        case pendingDeletion
        /// Refused with `KMSInvalidState`: the key is not pending deletion.
        case notPendingDeletion
        /// Refused with `KMSInvalidState`: the key is pending import.
        case pendingImport
        /// Refused with `UnsupportedOperation`, because of where the key's material comes from.
        case otherOrigin
    }

    /// One column for each state.
    private static let columns: [KeyState] = [.enabled, .disabled, .pendingDeletion, .pendingImport]

    /// What neither asks for the state nor for the origin.
    private static let always: [Verdict] = [.allowed, .allowed, .allowed, .allowed]
    /// What uses the material.
    private static let use: [Verdict] = [.allowed, .disabled, .pendingDeletion, .pendingImport]
    /// What changes something beside the material, which a key that goes away no longer needs.
    private static let description: [Verdict] = [.allowed, .allowed, .pendingDeletion, .allowed]

    private static let rows: [KeyOperation: [Verdict]] = [
        .encrypt: use, .decrypt: use, .reEncrypt: use, .generateDataKey: use, .generateDataKeyWithoutPlaintext: use,
        .rotateKey: use, .enableKeyRotation: use, .disableKeyRotation: use, .createGrant: use,
        .enableKey: [.allowed, .allowed, .pendingDeletion, .pendingImport],
        .disableKey: [.allowed, .allowed, .pendingDeletion, .pendingImport],
        .scheduleKeyDeletion: description,
        .cancelKeyDeletion: [.notPendingDeletion, .notPendingDeletion, .allowed, .notPendingDeletion],
        .createAlias: description, .updateAlias: description, .deleteAlias: always, .listAliases: always,
        .tagResource: description, .untagResource: description, .listResourceTags: always,
        .updateKeyDescription: description,
        .createKey: always, .describeKey: always, .getKeyPolicy: always, .putKeyPolicy: always,
        .listRotations: always, .getKeyRotationStatus: always,
        .listGrants: always, .retireGrant: always, .revokeGrant: always,
        .getParametersForImport: description, .importKeyMaterial: description, .deleteImportedKeyMaterial: always,
    ]

    /// Of which origin a key must be; what is not here works with every one.
    private static let origins: [KeyOperation: KeyOrigin] = [
        .enableKeyRotation: .service, .disableKeyRotation: .service,
        .getKeyRotationStatus: .service, .getParametersForImport: .external, .importKeyMaterial: .external,
        .deleteImportedKeyMaterial: .external,
    ]

    static func verdict(_ operation: KeyOperation, _ state: KeyState, _ origin: KeyOrigin = .service) -> Verdict {
        guard let row = rows[operation], let column = columns.firstIndex(of: state) else {
            preconditionFailure("The key-state table has no cell for \(operation) of a key that is \(state).")
        }
        if let needed = origins[operation], needed != origin { return .otherOrigin }
        return row[column]
    }
}
