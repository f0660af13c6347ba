/// When an image of the catalog is taken.
package struct ImagePolicy: Sendable {
    /// An image is due when the journal since the last one has at least so many bytes, and at least half as many as
    /// that image: taking them then costs no more than some share of what is written anyway, and the journal that is
    /// kept for rebuilding is bounded by the same.
    package var journalBytesMinimum: UInt64 = 64 << 20

    package init() {}

    func isDue(journalBytes: UInt64, imageBytes: UInt64) -> Bool {
        journalBytes >= max(journalBytesMinimum, imageBytes / 2)
    }
}
