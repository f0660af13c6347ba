package import StrongroomSystem

/// What an embedded store knows of itself.
package struct StorageStatistics: Sendable {
    /// A journal segment and how much of it rows still refer to.
    package struct Segment: Sendable, Equatable {
        package var id: UInt64
        package var sizeBytes: UInt64
        package var liveBytes: UInt64
        package var liveRows: UInt64
        /// It takes the next commit, or ends the log; always kept.
        package var isNewest: Bool
    }

    /// An image of the catalog, which together with the journal since rebuilds it.
    package struct Image: Sendable, Equatable {
        package var appliedLSN: UInt64
        /// 0 for the empty one: the journal has every commit there ever was.
        package var sizeBytes: UInt64
    }

    /// Rows and payloads by home as of the last checkpoint: exact counters.
    package var rows: RowStatistics
    /// The last commit, and the last one that the index has.
    package var lastLSN: UInt64
    package var appliedLSN: UInt64
    /// Rows above the index and the memory they take.
    package var memtableRowCount: Int
    package var memtableSizeBytes: Int
    package var segments: [Segment]
    /// Size of the journal's other files: the next segment, the reserve, and recycled ones.
    package var preparedBytes: UInt64
    package var compaction: CompactionStatistics
    package var timeMilliseconds: Int64
    package var readerCount: Int
    /// Checkpoints since the store was opened.
    package var checkpointCount: Int
    /// Why the last checkpoint failed, if it did.
    package var checkpointFailure: StorageError?
    /// Why something that checkpoints made free could not be freed yet, if so. It is tried again.
    package var cleanUpFailure: StorageError?
    /// Why the store takes no more changes, if so.
    package var poison: StorageError?
    /// Nil where the catalog could not be rebuilt.
    package var image: Image?
    /// Why the last attempt to take an image failed, if it did.
    package var imageFailure: StorageError?
}
