/// Which operation a key allows in which state: KMS's own table, as data.
///
/// KMS has one more state, which does not occur here: it is of keys that live in custom key stores. It lets the
/// rotation of a key be set while it is updating; here that is refused, because what follows might be lost.
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
        /// Refused with `KMSInvalidState`: the key is creating.
        case creating
        /// Refused with `KMSInvalidState`: the key is updating.
        case updating
        /// Refused with `UnsupportedOperation`, because of where the key's material comes from.
        case otherOrigin
        /// Refused with `UnsupportedOperation`: the key is no multi-Region primary.
        case noPrimary
        /// Refused with `UnsupportedOperation`: its primary does that for the key.
        case replica
    }

    /// One column for each state.
    private static let columns: [KeyState] = [
        .enabled, .disabled, .pendingDeletion, .pendingReplicaDeletion, .pendingImport, .creating, .updating,
    ]

    /// What neither asks for the state nor for the origin.
    private static let always = row(.allowed, .allowed, .allowed, .allowed, .allowed)
    /// What uses the material.
    private static let use = row(.disabled, .pendingDeletion, .pendingImport, .creating, .allowed)
    /// What changes something beside the material, which a key that goes away no longer needs.
    private static let description = row(.allowed, .pendingDeletion, .allowed, .allowed, .allowed)
    /// What decides by which material the key seals.
    private static let rotation = row(.disabled, .pendingDeletion, .pendingImport, .creating, .updating)
    private static let status = row(.allowed, .pendingDeletion, .pendingImport, .creating, .updating)

    private static let rows: [KeyOperation: [Verdict]] = [
        .encrypt: use, .decrypt: use, .reEncrypt: use, .generateDataKey: use, .generateDataKeyWithoutPlaintext: use,
        .createGrant: use, .updatePrimaryRegion: use,
        .rotateKey: rotation, .enableKeyRotation: rotation, .disableKeyRotation: rotation, .replicateKey: rotation,
        .enableKey: status, .disableKey: status,
        .scheduleKeyDeletion: row(.allowed, .pendingDeletion, .allowed, .allowed, .updating),
        .cancelKeyDeletion: [.notPendingDeletion, .notPendingDeletion, .allowed, .allowed]
            + [Verdict](repeating: .notPendingDeletion, count: 3),
        .createAlias: description, .updateAlias: description, .deleteAlias: always, .listAliases: always,
        .tagResource: description, .untagResource: description, .listResourceTags: always,
        .updateKeyDescription: description,
        .createKey: always, .describeKey: always, .getKeyPolicy: always, .putKeyPolicy: always,
        .listKeyPolicies: always, .getKeyLastUsage: always,
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

    private static let ofPrimaries: Set<KeyOperation> = [.replicateKey, .updatePrimaryRegion]
    /// What a primary does for its replicas.
    private static let shared: Set<KeyOperation> = [.rotateKey, .enableKeyRotation, .disableKeyRotation]

    /// An enabled key is always allowed it, and the two ways to wait for the end are one.
    private static func row(
        _ disabled: Verdict, _ pendingDeletion: Verdict, _ pendingImport: Verdict, _ creating: Verdict,
        _ updating: Verdict
    ) -> [Verdict] {
        [.allowed, disabled, pendingDeletion, pendingDeletion, pendingImport, creating, updating]
    }

    /// - Parameter role: what the key is to related ones; nil where it has none.
    static func verdict(
        _ operation: KeyOperation, _ state: KeyState, _ origin: KeyOrigin = .service,
        _ role: MultiRegionRecord.Role? = nil
    ) -> Verdict {
        guard let row = rows[operation], let column = columns.firstIndex(of: state) else {
            preconditionFailure("The key-state table has no cell for \(operation) of a key that is \(state).")
        }
        if let needed = origins[operation], needed != origin { return .otherOrigin }
        if ofPrimaries.contains(operation) && role != .primary { return .noPrimary }
        if shared.contains(operation) && role == .replica { return .replica }
        return row[column]
    }
}
