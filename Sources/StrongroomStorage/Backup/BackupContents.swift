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

    /// Commits before this cannot be restored from this backup.
    package var firstLSN: UInt64 { image?.appliedLSN ?? 0 }
}
