public import SystemPackage

/// What a repair did, or would do.
public struct RepairReport: Sendable, Hashable {
    /// One thing that was mended or put away.
    public struct Step: Sendable, Hashable {
        /// What was done. Extensible: compare with the static members, never switch exhaustively.
        public struct Kind: Sendable, Hashable, CustomStringConvertible {
            /// As `strongroom repair --json` prints it.
            public let rawValue: String
            /// As in ``rawValue``.
            public var description: String { rawValue }

            init(_ rawValue: String) { self.rawValue = rawValue }

            /// `store.json` or `metadata-key.json` was missing or damaged, and was made anew of its second copy.
            public static let settingsMended = Kind("settingsMended")
            /// The catalog was put away, and a new one made of an image of it and the journal.
            public static let catalogRebuilt = Kind("catalogRebuilt")
            /// An image of the catalog that cannot be read was put away. The store takes a new one when it is open.
            public static let imageSetAside = Kind("imageSetAside")
            /// A copy of a journal segment's header was written anew, or both were, from the records behind it.
            public static let headerMended = Kind("headerMended")
            /// A file of the journal whose header is lost, and cannot be made anew, was put away.
            public static let segmentSetAside = Kind("segmentSetAside")
            /// What can be read of a damaged journal was moved into the catalog; the journal goes on in a new segment.
            public static let journalSalvaged = Kind("journalSalvaged")
            /// A blob file whose commit may be among the lost ones was put away.
            public static let blobSetAside = Kind("blobSetAside")
        }

        /// What was done.
        public var kind: Kind
        /// To which file or folder.
        public var path: FilePath
        /// Why, and what of.
        public var detail: String
    }

    /// In the order in which they were done. None where nothing is to be mended.
    public var steps: [Step]
    /// Whether commits that were acknowledged may be lost: those of ``lostCommits`` are, and what else stood in parts
    /// of the journal that cannot be read is not known.
    public var hasLostCommits: Bool
    /// The LSNs of commits that cannot be read any more, as far as they are known.
    public var lostCommits: [ClosedRange<UInt64>]
    /// Files that were put away, under the names that they have now. The store never reads or removes them.
    public var setAside: [FilePath]
}
