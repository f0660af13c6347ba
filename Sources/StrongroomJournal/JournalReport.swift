package import StrongroomSystem
package import SystemPackage

/// What a walk through all frames found. Changes nothing and opens nothing for writing.
package struct JournalReport: Sendable {
    package struct Segment: Sendable {
        package var id: UInt64
        package var path: FilePath
        package var sizeBytes: UInt64
        package var records = 0
        /// Bytes of headers and bodies, without padding.
        package var frameBytes: UInt64 = 0
        package var firstLSN: UInt64?
        package var lastLSN: UInt64?
    }

    /// Oldest first; without those whose header cannot be read.
    package var segments: [Segment] = []
    /// One for each damaged spot, with file and offset. A torn tail is none.
    package var findings: [StorageError] = []
    /// Those of the damaged spots whose commits the catalog has, or whose segments a repair has moved on from. There
    /// may still be payloads of rows in them.
    package var contained: [DamagedPart] = []

    /// Where no whole record stands.
    package struct DamagedPart: Sendable {
        package var segmentID: UInt64
        /// The last commit that may have been there; nil where a repair has moved on.
        package var lastLSN: UInt64?
        /// In bytes from the segment's beginning.
        package var range: Range<UInt64>
        /// Among the findings.
        package var findingIndex: Int
    }
}

extension JournalReport.Segment {
    mutating func add(_ frame: FrameHeader) {
        records += 1
        frameBytes += frame.frameBytes
        firstLSN = firstLSN ?? frame.lsn
        lastLSN = frame.lsn
    }
}
