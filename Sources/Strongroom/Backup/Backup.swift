#if canImport(FoundationEssentials)
public import FoundationEssentials
#else
public import Foundation
#endif

/// A backup in a folder of backups of one store.
public struct Backup: Sendable, Hashable {
    /// From 1, in the order in which they were made.
    public var number: UInt64
    /// The last commit in it.
    public var lastLSN: UInt64
    /// The earliest commit that a store can be restored to from it alone: those between are in its journal.
    public var firstLSN: UInt64
    /// Whether the commits between the backup before and this one can be restored as well
    /// (``BackupOptions/consumer``).
    public var continuesEarlier = false
    /// Store time when it was made.
    public var time: Date
}

/// How a backup is made.
public struct BackupOptions: Sendable {
    /// The name of a durable consumer of the change feed that keeps the journal from this backup to the next one, so
    /// that every commit between the two can be restored; nil, the default, for none. It is made where there is none,
    /// and each backup that names it acknowledges what it has. What it keeps is bounded as for every consumer
    /// (``StoreOptions/changeFeedLimitBytes``, ``StoreOptions/changeFeedLimitSeconds``). One consumer for one folder of
    /// backups. Where the acknowledging alone fails, the backup is there, and the next one acknowledges.
    public var consumer: String?

    /// The defaults.
    public init() {}
}

/// What making, verifying or restoring a backup did.
public struct BackupReport: Sendable, Hashable {
    /// The backup that it was about.
    public var backup: Backup
    /// Files that were copied, or checked.
    public var fileCount: UInt64 = 0
    /// Their bytes.
    public var bytes: UInt64 = 0
    /// Files of a new backup that an earlier one had already.
    public var reusedFileCount: UInt64 = 0
    /// What could not be read as it was written. It is not in a new backup: ``Store/verify(readingData:progress:)``
    /// names the objects.
    public var findings: [VerificationReport.Finding] = []

    /// Whether nothing is wrong.
    public var isSound: Bool { findings.isEmpty }
}

/// How far a backup or a restore is.
public struct BackupActivity: Sendable, Hashable {
    /// Files so far.
    public var fileCount: UInt64
    /// Bytes so far.
    public var bytes: UInt64
}
