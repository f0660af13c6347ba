internal import StrongroomKeys

/// A purpose that has keys of its own, so that what wraps objects never wraps the store's metadata key.
enum KeyLine: UInt16, CaseIterable, Sendable {
    // The numbers are part of the keyring's format and must not change.
    case objects = 1
    case metadata = 2

    var keyID: String {
        switch self {
        case .objects: S3ManagedKeys.objectKeyID
        case .metadata: S3ManagedKeys.metadataKeyID
        }
    }

    /// The line of a key id; nil means the default key.
    init(keyID: String?) throws(KeyBackendError) {
        guard let keyID else {
            self = .objects
            return
        }
        guard let line = Self.allCases.first(where: { $0.keyID == keyID }) else {
            throw KeyBackendError(
                .keyNotFound,
                "The S3-managed keys have no key '\(keyID)'; there are \(S3ManagedKeys.objectKeyID) and "
                    + "\(S3ManagedKeys.metadataKeyID)."
            )
        }
        self = line
    }
}
