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
    /// protected by object lock, or encrypted where the default asks for no encryption.
    public var untouchable: [VerificationReport.Finding] = []
    /// What may not be touched beyond that.
    public var unlistedUntouchableCount: UInt64 = 0
    /// What failed, and why, at most ``VerificationReport/findingsLimit`` of it: a key that is disabled, a damaged row.
    public var failures: [VerificationReport.Finding] = []
    /// Failures beyond that.
    public var unlistedFailureCount: UInt64 = 0
    /// Where to go on; nil when all was gone through.
    public var cursor: UpkeepCursor?

    /// Whether everything that was there when the run ended is as the default asks, but for what may not be touched.
    /// A put that began before the default changed may come later.
    public var isComplete: Bool { cursor == nil && failures.isEmpty && unlistedFailureCount == 0 }

    /// Versions that were changed.
    public var changedCount: UInt64 { updatedCount + resealedCount }

    mutating func noteFailure(_ place: String, _ reason: String) {
        if failures.count < VerificationReport.findingsLimit {
            failures.append(.init(place: place, reason: reason))
        } else {
            unlistedFailureCount += 1
        }
    }

    mutating func noteUntouchable(_ place: String, _ reason: String) {
        if untouchable.count < VerificationReport.findingsLimit {
            untouchable.append(.init(place: place, reason: reason))
        } else {
            unlistedUntouchableCount += 1
        }
    }

    /// What a pass counts from the beginning: it meets the same rows again.
    mutating func beginPass() {
        currentCount = 0
        (untouchable, unlistedUntouchableCount) = ([], 0)
        (failures, unlistedFailureCount) = ([], 0)
    }
}
