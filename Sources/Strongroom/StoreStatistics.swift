/// Objects and bytes by home, the journal, and how far the catalog is behind.
///
/// A store in memory has no journal, its catalog is never behind, and its payloads are counted in the homes that a
/// store on disk would give them.
public struct StoreStatistics: Sendable, Hashable {
    /// Payloads of one home.
    public struct Home: Sendable, Hashable {
        /// How many objects.
        public var objectCount: UInt64
        /// Their stored bytes, seals included.
        public var storedBytes: UInt64
    }

    /// A file of the journal.
    public struct Segment: Sendable, Hashable {
        /// The segment's number, which names its file.
        public var id: UInt64
        /// Size of the file.
        public var sizeBytes: UInt64
        /// Bytes of payloads that live in it.
        public var liveBytes: UInt64
    }

    /// A copy of the catalog, of which the journal since makes it anew where it is lost.
    public struct Image: Sendable, Hashable {
        /// The last commit in it. 0 where the journal has every commit there ever was, and no image is needed.
        public var lastLSN: UInt64
        /// Size of the file; 0 where none is needed.
        public var sizeBytes: UInt64
    }

    /// In rows of the catalog: to about 512 bytes.
    public var tiny: Home
    /// In segments of the journal: to about 128 KiB, a setting.
    public var small: Home
    /// In files of their own.
    public var large: Home
    /// The journal's segments.
    public var segments: [Segment]
    /// The last commit.
    public var lastLSN: UInt64
    /// The last commit that the catalog on disk holds; opening replays what is after it.
    public var checkpointLSN: UInt64
    /// Checkpoints since the store was opened.
    public var checkpointCount: UInt64
    /// Memory taken by what the catalog on disk does not hold.
    public var memtableBytes: Int
    /// Why the last checkpoint failed, if it did; it is tried again.
    public var checkpointFailure: String?
    /// What a lost catalog would be made of; nil in memory, and where a full disk had to take it.
    public var image: Image?
    /// Why the last attempt to take an image of the catalog failed, if it did; it is tried again.
    public var imageFailure: String?
    /// Size of files of the journal that nothing is in yet: the next one, and what is kept so that deleting works on a
    /// full disk.
    public var preparedBytes: UInt64 = 0
    /// What compaction has moved and freed since the store was opened.
    public var compaction = CompactionReport()
    /// Why the last compaction failed, if it did; it is tried again.
    public var compactionFailure: String?
    /// Why the store cannot say in its keyring, or in the file that the options name, what it is now, or cannot advance
    /// the counter that they name; it tries again. Until it can, a copy of it that is older would not be noticed.
    public var anchorFailure: String?
}
