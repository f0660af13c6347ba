/// Whether a bucket keeps the versions of its objects that were replaced or deleted.
public enum Versioning: Sendable, Hashable {
    /// It never did: a put replaces, a delete removes.
    case unversioned
    /// Every put and every delete adds a version; nothing goes but by its version id.
    case enabled
    /// Versions that are there stay; puts and deletes write the null version, and replace it.
    case suspended

    /// As rows record it. Part of the format: these must not change.
    var number: UInt8 {
        switch self {
        case .unversioned: 0
        case .enabled: 1
        case .suspended: 2
        }
    }

    init?(number: UInt8) {
        switch number {
        case 0: self = .unversioned
        case 1: self = .enabled
        case 2: self = .suspended
        default: return nil
        }
    }
}
