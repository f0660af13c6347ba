/// The files that the journal has and has written nothing to yet.
package struct JournalRoom: Sendable {
    /// Behind the last group, in the segment that takes the next one.
    package var currentBytes: UInt64
    /// Files that are ready to become segments, the reserve among them.
    package var preparedBytes: UInt64

    package var totalBytes: UInt64 { currentBytes + preparedBytes }
}
