package import StrongroomSystem

/// What compaction moved, and what became free by that.
package struct CompactionReport: Sendable, Equatable {
    package var movedRows: UInt64 = 0
    /// Of payloads.
    package var movedBytes: UInt64 = 0
    /// Segments that were emptied and given back.
    package var freedSegments: UInt64 = 0
    package var freedBytes: UInt64 = 0

    package init() {}

    package static func += (left: inout CompactionReport, right: CompactionReport) {
        left.movedRows += right.movedRows
        left.movedBytes += right.movedBytes
        left.freedSegments += right.freedSegments
        left.freedBytes += right.freedBytes
    }
}

/// What compaction has done since the store was opened.
package struct CompactionStatistics: Sendable {
    package var total = CompactionReport()
    /// Why the last attempt failed; nil after a success. It is tried again.
    package var failure: StorageError?
}
