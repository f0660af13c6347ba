/// Sizes and counts of a journal. They may differ from one opening to the next.
package struct JournalConfiguration: Sendable {
    /// Size of a new store's first segment: small, so that a small store is.
    package var initialSegmentBytes: UInt64 = 4 << 20
    /// New segments double up to this size.
    package var maximumSegmentBytes: UInt64 = 64 << 20
    /// A group that has this many bytes takes no further frame. One larger frame still goes alone.
    package var groupLimitBytes = 4 << 20
    /// Prepared segments beyond the next one: kept for commits that free space, so that a full disk
    /// can be emptied by deleting.
    package var reservedSegments = 1
    /// Recycled files beyond these are removed, which gives their space back.
    package var spareSegmentsMaximum = 4
    /// Descriptors that reading payloads keeps open.
    package var readDescriptorsMaximum = 64
    /// False prepares segments on the committer's thread at the moment of need: simulations, which
    /// must be functions of their seed, cannot have a second thread.
    package var preparesInBackground = true

    /// Frames start and groups are padded at multiples of this.
    static let blockBytes: UInt64 = 4096
    static let smallestSegmentBytes: UInt64 = 64 << 10

    package init() {}

    /// Whether a file of this size can be a segment: the longest record fits it, and it ends with a block.
    func takesFile(ofBytes sizeBytes: UInt64) -> Bool {
        sizeBytes >= initialSegmentBytes && sizeBytes % Self.blockBytes == 0
    }

    /// Traps on sizes that no journal can have.
    func checkInvariants() {
        precondition(initialSegmentBytes >= Self.smallestSegmentBytes, "a segment has at least 64 KiB")
        precondition(initialSegmentBytes % Self.blockBytes == 0 && maximumSegmentBytes % Self.blockBytes == 0)
        precondition(initialSegmentBytes <= maximumSegmentBytes && maximumSegmentBytes <= 1 << 31)
        precondition(groupLimitBytes > 0 && reservedSegments >= 0 && readDescriptorsMaximum > 0)
        precondition(spareSegmentsMaximum > reservedSegments)
    }
}
