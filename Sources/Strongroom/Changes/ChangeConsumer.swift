#if canImport(FoundationEssentials)
public import FoundationEssentials
#else
public import Foundation
#endif

/// A durable reader of a store's changes: it goes on, after a restart or a crash, behind the last position that it has
/// acknowledged. Changes that it read and did not acknowledge come again.
public struct ChangeConsumer: Sendable {
    /// The longest name, in bytes of UTF-8.
    public static let nameLimitBytes = 128

    /// Its name.
    public let name: String
    let engine: Engine

    /// The changes behind the last position acknowledged, and those to come.
    ///
    /// - Parameter end: where to end; nil to wait for what is to come.
    /// - Throws: ``StoreError/Code/notFound`` where the consumer was removed, ``StoreError/Code/damaged``;
    ///   ``StoreError/Code/positionExpired`` where the store was restored since, or a rollback was accepted: list the
    ///   buckets, and have the consumer begin anew (``Store/consumer(named:startingAfter:)``);
    ///   ``StoreError/Code/invalidArgument`` for an end of another store or timeline, or one that does not exist yet.
    public func changes(through end: Position? = nil) async throws(StoreError) -> ChangeFeed {
        if let end { try await engine.check(end) }
        let start = try await engine.acknowledgedPosition(of: name)
        guard start.timeline == engine.timeline else {
            throw StoreError(
                .positionExpired,
                "The consumer \(name.debugDescription) has come to \(start), of a time before the store was restored or a "
                    + "rollback was accepted; of what it saw some may never have been. List the buckets, and have it begin "
                    + "anew behind the position of then.")
        }
        return ChangeFeed(engine: engine, start: start, end: end)
    }

    /// Says that every change up to `position` is dealt with. Durable on return, and costs a commit: acknowledge after
    /// a number of changes, not after each. A position before the one acknowledged last changes nothing.
    ///
    /// - Throws: ``StoreError/Code/notFound``, ``StoreError/Code/invalidArgument``.
    public func acknowledge(_ position: Position) async throws(StoreError) {
        try await engine.acknowledge(position, for: name)
    }
}

/// What is known of a durable consumer.
public struct ConsumerInfo: Sendable, Hashable {
    /// Its name.
    public let name: String
    /// The last position that it has acknowledged, or where it began.
    public let position: Position
    /// When it did, in store time.
    public let acknowledged: Date
    /// How many commits there are behind that position; commits that changed nothing for users count.
    public let lagCommits: UInt64
    /// Whether it is from before a restore, or before a rollback was accepted: nothing is kept for it any more, and it
    /// has to begin anew, or to be removed.
    public let isOutdated: Bool
}
