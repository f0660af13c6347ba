/// What a run of ``Store/runLifecycle(_:progress:)`` did.
public struct LifecycleReport: Sendable, Hashable {
    /// Buckets that have rules.
    public var bucketCount: UInt64 = 0
    /// Versions and uploads that were looked at.
    public var examinedCount: UInt64 = 0
    /// Objects that are gone for good, in buckets that keep no versions.
    public var expiredCount: UInt64 = 0
    /// Objects that a delete marker hides now, in buckets that keep versions.
    public var hiddenCount: UInt64 = 0
    /// Older versions that are gone for good.
    public var removedVersionCount: UInt64 = 0
    /// Delete markers that hid no version any more, and are gone.
    public var removedMarkerCount: UInt64 = 0
    /// Uploads that were aborted.
    public var abortedUploadCount: UInt64 = 0
    /// Versions that are due, and that object lock keeps.
    public var lockedCount: UInt64 = 0
    /// What somebody changed between the look and the delete: it was left to the next run.
    public var changedCount: UInt64 = 0
    /// What failed, and why, at most ``VerificationReport/findingsLimit`` of it: a row that is damaged, a disk that
    /// has no room for delete markers.
    public var failures: [VerificationReport.Finding] = []
    /// Failures beyond that.
    public var unlistedFailureCount: UInt64 = 0

    /// All that went.
    public var deletedCount: UInt64 {
        expiredCount + hiddenCount + removedVersionCount + removedMarkerCount + abortedUploadCount
    }

    mutating func noteFailure(_ place: String, _ reason: String) {
        failures.note(.init(place: place, reason: reason), unlistedCount: &unlistedFailureCount)
    }
}
