/// When a call that failed is repeated, and whether.
///
/// Pauses have *full jitter*: drawn between zero and a bound that doubles each time, so that many callers who failed
/// together do not come back together. A budget keeps repetitions few where nearly all calls fail: each costs ten,
/// each success brings one back.
struct RetrySchedule: Sendable {
    static let budgetMax = 500
    static let retryCost = 10

    private let limits: KeyBackendLimits
    private(set) var budget = budgetMax

    init(_ limits: KeyBackendLimits) { self.limits = limits }

    mutating func succeeded() { budget = min(Self.budgetMax, budget + 1) }

    /// The longest pause before the repetition after `attempt` (0 for the first) has failed; nil for no repetition.
    mutating func pauseMaxNanoseconds(after error: KeyBackendError, attempt: Int) -> UInt64? {
        guard Self.mayPass(error), attempt < limits.retryCountMax, budget >= Self.retryCost else { return nil }
        budget -= Self.retryCost
        let milliseconds = min(limits.retryCapMilliseconds, limits.retryBaseMilliseconds << attempt)
        return UInt64(milliseconds) * 1_000_000
    }

    /// Whether the same call may succeed a moment later. What took too long has no time left; a broken contract stays
    /// broken.
    static func mayPass(_ error: KeyBackendError) -> Bool {
        (error.code == .throttled || error.code == .unavailable) && !error.isOurs
    }
}
