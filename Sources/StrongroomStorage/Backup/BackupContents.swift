/// What one backup is made of: enough to rebuild the store as of its last commit, and as of earlier ones that the
/// journal covers. All files it names are in the backup's folder, and other backups there may share them.
package struct BackupContents: Codable, Sendable, Equatable {
    /// A copy of a journal segment, cut off behind its last record.
    package struct Segment: Codable, Sendable, Equatable {
        package var id: UInt64
        /// The file's name in `journal/`.
        package var file: String
        package var copiedBytes: UInt64
        /// The size that the segment's header tells.
        package var sizeBytes: UInt64
        /// Of the copy, in hexadecimal digits.
        package var sha256: String
    }

    package struct Image: Codable, Sendable, Equatable {
        /// The file's name in `images/`.
        package var file: String
        package var appliedLSN: UInt64
        package var sizeBytes: UInt64
        /// `ImageSummary.identity`, in hexadecimal digits.
        package var identity: String
    }

    /// The last commit in it.
    package var lsn: UInt64
    /// Store time of the backup, milliseconds since 1970.
    package var timeMilliseconds: Int64
    /// Where replay starts; nil where the journal is whole from its first commit.
    package var image: Image?
    /// Oldest first.
    package var segments: [Segment]
    /// Every commit after this is in the segments, and none is to be joined with an earlier backup's before it; nil in
    /// backups of before, where that is known of those after the image alone.
    package var journalStartLSN: UInt64?

    /// Whether the files it names can only be those of the backup's own folders, and its numbers fit each other: it
    /// comes from a file that somebody may have written.
    package var isPlausible: Bool {
        let names = segments.map(\.file) + (image.map { [$0.file] } ?? [])
        let isPlain = names.allSatisfy { name in
            !name.isEmpty && !name.hasPrefix(".")
                && name.utf8.allSatisfy {
                    (0x30...0x39).contains($0) || (0x61...0x7A).contains($0) || "-.".utf8.contains($0)
                }
        }
        let ids = segments.map(\.id)
        guard Set(ids).count == ids.count, (ids.max() ?? 0) < .max, lsn < .max >> 1, firstLSN <= lsn,
            journalStartLSN ?? 0 <= lsn + 1
        else { return false }
        return isPlain && segments.allSatisfy { $0.copiedBytes <= $0.sizeBytes && $0.sizeBytes <= 1 << 40 }
    }

    /// Commits before this cannot be restored from this backup alone.
    package var firstLSN: UInt64 { image?.appliedLSN ?? 0 }

    /// Whether this backup's journal goes on where that of `earlier` ends: then commits between the two can be restored
    /// as well. Both are of one history.
    package func continues(_ earlier: BackupContents) -> Bool {
        (journalStartLSN ?? firstLSN) <= earlier.lsn && earlier.lsn <= lsn
    }

    /// What the image of an earlier backup and the journals of both make: the store as of any commit from that image to
    /// the end of this backup. This one continues it.
    package func continued(from earlier: BackupContents) -> BackupContents {
        precondition(continues(earlier), "a backup continues one that its journal reaches")
        // Where both have a segment, this one has it as far as it went.
        let own = Set(segments.map(\.id))
        var joined = self
        joined.image = earlier.image
        joined.segments = (earlier.segments.filter { !own.contains($0.id) } + segments).sorted { $0.id < $1.id }
        joined.journalStartLSN = earlier.journalStartLSN
        return joined
    }
}
