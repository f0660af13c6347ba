/// What the lock clock said at one moment.
///
/// Commits are decided by a time that was read before them: too early by a little, so that at most a lock lasts
/// a moment longer.
struct LockTime: Sendable, Equatable {
    /// Milliseconds since 1970; the least there is where nothing is known.
    var milliseconds: Int64
    /// Whether the clock runs; else it stands still, and no lock expires.
    var isConfirmed: Bool

    func isBefore(_ retention: StoredRetention) -> Bool { milliseconds < retention.untilMilliseconds }

    /// Now, where something begins or must lie in the future: a commit's time stands still while the wall clock is
    /// set back, and the lock clock's stands still while it is not confirmed.
    func now(storeMilliseconds: Int64) -> Int64 { max(milliseconds, storeMilliseconds) }

    func checkFuture(_ retention: StoredRetention, storeMilliseconds: Int64) throws(StoreError) {
        guard retention.untilMilliseconds > now(storeMilliseconds: storeMilliseconds) else {
            throw StoreError(
                .invalidArgument, "The moment to retain the object to (\(retention.text)) must lie in the future.",
                underlying: RefusalReason.retentionInThePast)
        }
    }
}
