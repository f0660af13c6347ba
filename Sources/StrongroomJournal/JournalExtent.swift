/// How far a journal is durable at a moment, and in which segments that stands.
///
/// What is written later stands behind it: whoever looks through a journal that is being written to looks up
/// to here, and neither a group that is just being written nor a segment begun meanwhile is taken for damage.
package struct JournalExtent: Sendable {
    /// The last record that is durable.
    package var lastLSN: UInt64
    /// Oldest first. The last one reaches `lastLSN`.
    package var segmentIDs: [UInt64]

    package init(lastLSN: UInt64, segmentIDs: [UInt64]) {
        self.lastLSN = lastLSN
        self.segmentIDs = segmentIDs
    }
}
