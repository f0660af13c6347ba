package import StrongroomSystem

/// How far a backup, a restore or a verification of a backup is, and what it found.
package struct BackupProgress: Sendable {
    package internal(set) var fileCount: UInt64 = 0
    package internal(set) var bytes: UInt64 = 0
    /// Files that an earlier backup had already: not counted above.
    package internal(set) var reusedFileCount: UInt64 = 0
    /// Files of the source that cannot be read as they were written. They are not in the backup.
    package internal(set) var findings: [StorageError] = []
}
