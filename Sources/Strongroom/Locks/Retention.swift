#if canImport(FoundationEssentials)
public import FoundationEssentials
#else
public import Foundation
#endif

/// Until when a version of an object may not be deleted for good, and how firmly.
public struct Retention: Sendable, Hashable {
    /// How firmly a version is kept.
    public enum Mode: Sendable, Hashable {
        /// Whoever may bypass it can shorten or remove it, and delete the version.
        case governance
        /// Nobody can shorten or remove it: it can only be extended.
        case compliance

        /// As rows record it. Part of the format: these must not change.
        var number: UInt8 {
            switch self {
            case .governance: 1
            case .compliance: 2
            }
        }

        init?(number: UInt8) {
            switch number {
            case 1: self = .governance
            case 2: self = .compliance
            default: return nil
            }
        }
    }

    /// How firmly the version is kept.
    public var mode: Mode
    /// When it may go. Kept to the millisecond, rounded up.
    public var until: Date

    /// A retention to the moment `until`, which must lie in the future when it is set.
    public init(mode: Mode, until: Date) {
        self.mode = mode
        self.until = until
    }

    /// As rows keep it.
    ///
    /// - Throws: ``StoreError/Code/invalidArgument`` for a moment that no calendar has.
    func stored() throws(StoreError) -> StoredRetention {
        guard let milliseconds = until.storeMillisecondsRoundedUp else {
            throw StoreError(
                .invalidArgument, "The moment to retain the object to is none; name one before the year 10000.")
        }
        return StoredRetention(mode: mode, untilMilliseconds: milliseconds)
    }
}
