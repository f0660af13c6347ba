/// How a log is cut into files, and how often it is signed.
package struct AuditLogConfiguration: Sendable {
    /// A segment that would grow past this ends, and the next one begins.
    package var segmentSizeBytesMax = 4 << 20
    /// The disk is reserved in steps of this size: what is left of the last step is there for records when the disk is
    /// full, and a sync writes no more than data.
    package var reservedBytes = 256 << 10
    /// At most so many records stand without a checkpoint over them,
    package var recordsPerCheckpointMax = 4096
    /// and for no longer than this.
    package var checkpointIntervalSeconds: UInt64 = 10
    /// How much is written at once.
    package var groupSizeBytesMax = 1 << 20

    /// For how long an opening waits for somebody else who writes the log: one who is just ending is soon gone.
    package var lockWaitMilliseconds = 2000

    package init() {}

    /// No file of a log is larger: the largest segment, a group, a reserve.
    static let fileSizeBytesMax = 64 << 20
}
