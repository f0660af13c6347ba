package import SystemPackage

/// What is known of a segment without reading its frames.
package struct SegmentInfo: Equatable, Sendable {
    package enum State: Sendable {
        /// Takes the next group, or names the end of the log. Always kept.
        case newest
        /// Takes no frame any more; may be recycled once it is not needed.
        case sealed
    }

    package var id: UInt64
    /// The segment that this one goes on from, 0 for none; it may be gone.
    package var predecessorID: UInt64
    package var path: FilePath
    package var sizeBytes: UInt64
    /// The predecessor's last LSN: records here have greater ones.
    package var lsnBefore: UInt64
    /// No record here has a greater LSN. Exact unless the next segment of the chain is gone; of the
    /// newest it is not known.
    package var lastLSN: UInt64
    package var state: State
}
