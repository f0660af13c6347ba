/// What keeps a version from being deleted for good.
struct ObjectLock: Sendable, Equatable {
    var retention: StoredRetention?
    var legalHold = false

    static let none = ObjectLock()

    /// Whether the version may be deleted for good.
    ///
    /// - Throws: `accessDenied`, with what would help.
    func checkRemoval(at time: LockTime, bypassingGovernance: Bool) throws(StoreError) {
        guard !legalHold else {
            throw Self.denied("a legal hold. Take the hold off first", retention, time)
        }
        guard let retention, time.isBefore(retention) else { return }
        switch retention.mode {
        case .compliance:
            throw Self.denied("a retention (\(retention.text)). It can be deleted after that", nil, time)
        case .governance:
            guard bypassingGovernance else {
                throw Self.denied(
                    "a retention (\(retention.text)). It can be deleted after that, or by bypassing governance", nil,
                    time)
            }
        }
    }

    /// Whether the retention may become `new`.
    ///
    /// - Throws: `accessDenied`, with what would help.
    func checkChange(to new: StoredRetention?, at time: LockTime, bypassingGovernance: Bool) throws(StoreError) {
        guard let retention, time.isBefore(retention) else { return }
        let isExtended = new.map { $0.mode == retention.mode && $0.untilMilliseconds >= retention.untilMilliseconds }
        guard isExtended != true else { return }
        switch retention.mode {
        case .compliance:
            throw Self.denied(
                "a retention (\(retention.text)) that can only be extended. Name a later moment in the same mode", nil,
                time)
        case .governance:
            guard bypassingGovernance else {
                throw Self.denied(
                    "a retention (\(retention.text)). Extend it, or change it by bypassing governance", nil, time)
            }
        }
    }

    /// - Parameter also: what protects the version besides.
    private static func denied(_ why: String, _ also: StoredRetention?, _ time: LockTime) -> StoreError {
        var message = "The version is protected by object lock: \(why)."
        if let also, time.isBefore(also) { message += " There is a retention, too (\(also.text))." }
        if !time.isConfirmed {
            message += " No retention ends at present, because the clock may be wrong: see Store.confirmClock()."
        }
        return StoreError(.accessDenied, message)
    }
}
