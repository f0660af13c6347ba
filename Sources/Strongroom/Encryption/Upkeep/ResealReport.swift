/// What a run of ``Bucket/reseal(_:progress:)`` did.
public struct ResealReport: Sendable, Hashable {
    /// Put under the default's key in place, without moving a byte.
    public var updatedCount: UInt64 = 0
    /// Sealed anew.
    public var resealedCount: UInt64 = 0
    /// Plaintext of what was sealed anew, in bytes.
    public var resealedBytes: UInt64 = 0
    /// As the default asked when the run met them for the last time, what it had changed before among them.
    public var currentCount: UInt64 = 0
    /// What may not be touched, and why, at most ``VerificationReport/findingsLimit`` of it: under a customer key,
    /// protected by object lock, or better protected than the default asks.
    public var untouchable: [VerificationReport.Finding] = []
    /// What may not be touched beyond that.
    public var unlistedUntouchableCount: UInt64 = 0
    /// What failed, and why, at most ``VerificationReport/findingsLimit`` of it: a key that is disabled, a damaged row.
    public var failures: [VerificationReport.Finding] = []
    /// Failures beyond that.
    public var unlistedFailureCount: UInt64 = 0
    /// Where to go on; nil when all was gone through. A report that is given to `progress` says where a later run goes
    /// on if this one is broken off.
    public var cursor: UpkeepCursor?

    /// Whether everything that was there when the run began is as the default asks, but for what may not be touched.
    /// What was put since then is as its put asked.
    public var isComplete: Bool { cursor == nil && failures.isEmpty && unlistedFailureCount == 0 }

    /// Versions that were changed.
    public var changedCount: UInt64 { updatedCount + resealedCount }

    /// Once, however often it is met.
    mutating func noteFailure(_ place: String, _ reason: String) {
        let finding = VerificationReport.Finding(place: place, reason: reason)
        guard !failures.contains(finding) else { return }
        failures.note(finding, unlistedCount: &unlistedFailureCount)
    }

    /// Once, however often it is met.
    mutating func noteUntouchable(_ place: String, _ reason: String) {
        let finding = VerificationReport.Finding(place: place, reason: reason)
        guard !untouchable.contains(finding) else { return }
        untouchable.note(finding, unlistedCount: &unlistedUntouchableCount)
    }

    /// What a renewal found stands: what follows it looks only for what is unlike the default.
    mutating func addFindings(of renewed: ResealReport) {
        let own = failures
        (untouchable, unlistedUntouchableCount) = (renewed.untouchable, renewed.unlistedUntouchableCount)
        // The same rows fail again, and count once.
        (failures, unlistedFailureCount) = (renewed.failures, max(renewed.unlistedFailureCount, unlistedFailureCount))
        currentCount = renewed.currentCount
        for failure in own { noteFailure(failure.place, failure.reason) }
    }

    /// What a pass counts from the beginning: it meets the same rows again.
    mutating func beginPass() {
        currentCount = 0
        (untouchable, unlistedUntouchableCount) = ([], 0)
        (failures, unlistedFailureCount) = ([], 0)
    }
}
