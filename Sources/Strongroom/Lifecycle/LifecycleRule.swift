#if canImport(FoundationEssentials)
public import FoundationEssentials
#else
public import Foundation
#endif

/// What becomes of some of a bucket's objects and uploads with time: they go, on the midnight (UTC) after they have
/// reached an age, or on a date.
public struct LifecycleRule: Sendable, Hashable {
    /// What expires the newest version of a key.
    public enum Expiration: Sendable, Hashable {
        /// So many days after it was put, 1 to 2,147,483,647.
        case days(Int)
        /// At this moment, and from then on whatever is put; a midnight of UTC.
        case date(Date)
        /// Nothing but delete markers that hide no version any more, at once.
        case deleteMarkersAlone
    }

    /// What expires versions that are not the newest of their key.
    public struct NoncurrentExpiration: Sendable, Hashable {
        /// So many days after a newer version was put over them, 1 to 2,147,483,647.
        public var days: Int
        /// So many of the newest of them are kept, however old they are, 1 to 100; nil for none.
        public var keptCount: Int?

        /// - Parameters:
        ///   - days: so many days after a newer version was put over them.
        ///   - keptCount: so many of them are kept of each key.
        public init(days: Int, keptCount: Int? = nil) {
            self.days = days
            self.keptCount = keptCount
        }
    }

    /// Names the rule, in at most 255 characters; no other rule of its bucket has the same.
    public var id: String
    /// Whether anything becomes of the rule.
    public var isEnabled: Bool
    /// Which objects and uploads it concerns.
    public var filter: LifecycleFilter
    /// When the newest version of a key goes. Where the bucket keeps versions a delete marker hides it, as a delete
    /// would; else it is gone for good. ``Expiration/days(_:)`` and ``Expiration/date(_:)`` remove delete markers of
    /// that age, too, once they hide no version any more.
    public var expiration: Expiration?
    /// When older versions go, for good, delete markers among them.
    public var noncurrentExpiration: NoncurrentExpiration?
    /// An upload that was begun so many days ago and is not completed is aborted, 1 to 2,147,483,647.
    public var abortsUploadsAfterDays: Int?
    /// Whether a client put the prefix where S3 had it before there were filters, and is to find it there.
    package var hasPrefixOutsideFilter = false

    /// A rule with nothing but what is given.
    public init(
        id: String, isEnabled: Bool = true, filter: LifecycleFilter = LifecycleFilter(),
        expiration: Expiration? = nil, noncurrentExpiration: NoncurrentExpiration? = nil,
        abortsUploadsAfterDays: Int? = nil
    ) {
        self.id = id
        self.isEnabled = isEnabled
        self.filter = filter
        self.expiration = expiration
        self.noncurrentExpiration = noncurrentExpiration
        self.abortsUploadsAfterDays = abortsUploadsAfterDays
    }
}
