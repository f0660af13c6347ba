/// What is to be done next with two related keys whose keyrings are both open, so that they agree.
///
/// Decided from what both hold, and from nothing else: whatever a crash has left, the same steps lead on from there.
/// Each is written in one keyring, and done anew where it is not known whether it was.
enum RelatedKeysStep: Sendable, Hashable {
    /// The first is a primary, and learns that the second is its replica.
    case adopt
    /// The first is a primary, and learns that its replica is gone.
    case forget
    /// The first is a primary, and takes in materials that only the second has.
    case collect
    /// The second is a replica, and learns from the first.
    case teach
    /// The second becomes the primary in the first's place.
    case promote
    /// The second cannot become the primary: the first stays it.
    case abandon
    /// The first is no primary any more: the second is.
    case demote
    /// The first is a replica that has never been used, and its primary has none: it goes.
    case destroy
    /// The first knows the second as the primary, which it is no more, or was in an earlier term: its keyring is older.
    case reinstate

    typealias Member = MultiRegionRecord.Member

    /// Nil where the first has nothing to do with the second; the other way round there may be something.
    ///
    /// - Parameters:
    ///   - first: a key, and where it is.
    ///   - second: the key of the same id, nil where there is none.
    static func next(_ first: KeyRecord?, at own: Member, _ second: KeyRecord?, at other: Member) -> Self? {
        guard let first, let mine = first.multiRegion else { return nil }
        switch mine.role {
        case .replica:
            guard mine.primary == other else { return nil }
            if let theirs = second?.multiRegion, isToBeReinstated(theirs, at: other, by: mine, at: own) {
                return .reinstate
            }
            return mine.isConfirmed || knows(own, second) ? nil : .destroy
        case .primary:
            guard let second else { return mine.replicas.contains(other) ? .forget : nil }
            guard let theirs = second.multiRegion else { return nil }
            // One that takes this key for the primary of a later term has it be that again.
            if theirs.term > mine.term { return theirs.primary == own ? nil : .demote }
            // One of two replicas in the same region, or of two primaries of the same term, is a copy of a keyring.
            guard theirs.role == .replica, theirs.term < mine.term || theirs.primary == own else { return nil }
            return next(first, mine, second, other)
        }
    }

    /// Whether a key has been the primary that a replica takes it for, and does not know that any more. Where it knows
    /// of a third that is the primary in that very term, it is left alone: there would be two.
    private static func isToBeReinstated(
        _ primary: MultiRegionRecord, at other: Member, by replica: MultiRegionRecord, at own: Member
    ) -> Bool {
        if primary.term < replica.term { return true }
        return primary.role == .replica && primary.term == replica.term && [own, other].contains(primary.primary)
    }

    /// Whether a key wants the replica there, or will.
    private static func knows(_ member: Member, _ primary: KeyRecord?) -> Bool {
        guard let primary, let theirs = primary.multiRegion, theirs.role == .primary else { return primary != nil }
        return theirs.replicas.contains(member)
            || primary.state != .pendingDeletion && primary.state != .pendingReplicaDeletion
    }

    private static func next(
        _ primary: KeyRecord, _ mine: MultiRegionRecord, _ replica: KeyRecord, _ member: Member
    ) -> Self? {
        guard mine.replicas.contains(member) else {
            if mine.replicas.contains(where: { $0.region == member.region }) { return nil }
            let isOnItsWayOut = primary.state == .pendingDeletion || primary.state == .pendingReplicaDeletion
            return isOnItsWayOut && replica.multiRegion?.isConfirmed == false ? nil : .adopt
        }
        if replica.materials.contains(where: { !primary.has($0.id) }) { return .collect }
        guard replica.hasLearned(from: primary) else { return .teach }
        guard mine.promotion?.member == member else { return nil }
        return replica.state == .enabled ? .promote : .abandon
    }
}
