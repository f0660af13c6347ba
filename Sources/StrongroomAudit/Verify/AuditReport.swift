/// What a verification has found.
package struct AuditReport: Sendable, Equatable {
    /// How many records can be read.
    package var recordCount: UInt64 = 0
    /// How many checkpoints hold.
    package var checkpointCount = 0
    /// How many records the newest checkpoint covers that holds.
    package var signedCount: UInt64 = 0
    /// Bytes at the end that a crash has left behind, or that somebody has damaged: no checkpoint covers them.
    package var tornBytes = 0
    /// What is wrong, in the order of the log.
    package var findings: [AuditFinding] = []
}
