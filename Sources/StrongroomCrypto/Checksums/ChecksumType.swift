/// What a checksum of an object in parts is of (Amazon S3 User Guide, "Checking object integrity").
///
/// The raw values are part of the stored format and must not change.
package enum ChecksumType: UInt8, Sendable, CaseIterable, Hashable {
    /// Of all bytes of the object, however it was uploaded.
    case fullObject = 1
    /// Of the checksums of its parts.
    case composite = 2

    /// As S3 spells it.
    package var name: String {
        switch self {
        case .fullObject: "FULL_OBJECT"
        case .composite: "COMPOSITE"
        }
    }

    /// Nil for what S3 does not know. Upper and lower case differ.
    package init?(name: String) {
        guard let type = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = type
    }
}
