package import SystemPackage

/// What a repair did, or would do.
package struct StorageRepairReport: Sendable {
    package struct Step: Sendable, Equatable {
        package enum Kind: String, Sendable {
            /// The index was set aside, and a new one made of an image and the journal.
            case catalogRebuilt
            /// An image of the catalog that cannot be read was set aside: the store takes a new one.
            case imageSetAside
            /// A copy of a segment's header was written anew, or both were, from what the segment holds.
            case headerMended
            /// A file of the journal whose header is lost, and cannot be made anew, was set aside.
            case segmentSetAside
            /// What can still be read of a damaged journal was moved into the catalog, and a new segment begun.
            case journalSalvaged
            /// A blob that no row names any more was set aside.
            case blobSetAside
        }

        package var kind: Kind
        package var path: FilePath
        package var detail: String
    }

    package internal(set) var steps: [Step] = []
    /// Commits that were acknowledged and cannot be read any more: their LSNs, where they are known.
    package internal(set) var lostLSNs: [ClosedRange<UInt64>] = []
    /// Whether commits may be lost: what was `lostLSNs` and what stood in files of which nothing could be read.
    package internal(set) var isLossy = false
    /// What was put away, under the names that these files have now.
    package internal(set) var setAside: [FilePath] = []

    mutating func note(_ kind: Step.Kind, _ path: FilePath, _ detail: String) {
        steps.append(Step(kind: kind, path: path, detail: detail))
    }
}
