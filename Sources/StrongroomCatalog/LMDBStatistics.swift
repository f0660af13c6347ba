/// How large the catalog is, as of its last commit.
package struct LMDBStatistics: Sendable, Equatable {
    /// Names, edges of long names and the header.
    package var rowCount: Int
    /// Levels of the B+ tree.
    package var depth: Int
    /// Also those that are free for reuse.
    package var pagesInUse: Int
    package var pageSizeBytes: Int
    package var mapSizeBytes: Int
    /// Slots taken among the readers, now or since the catalog was opened.
    package var readerSlots: Int
}
