/// What came of a code.
package enum SecondFactorUse: Sendable, Equatable {
    /// It was right, and is used up: durably, before anybody learns that it was right.
    case accepted
    /// It is wrong, or was used before, or the user has no second factor.
    case refused
    /// There were too many wrong ones; this one was not looked at.
    case paused(seconds: UInt64)
}
