internal import StrongroomJournal
internal import Synchronization

/// How far those who follow the journal have read: what they have not is kept from being recycled, within limits.
package final class JournalHolds: Sendable {
    package struct Limits: Sendable {
        /// How many bytes of segments may be kept for followers alone.
        package var sizeBytesMaximum: UInt64 = 1 << 30
        /// For how long a follower that has fallen behind and reads nothing is waited for.
        package var ageSecondsMaximum: Int64 = 7 * 86_400
        /// Whether everything is kept until `begin`, because who follows is not known yet.
        package var awaitsBeginning = false

        package init() {}
    }

    /// Who holds: a name that outlives the store's being open, or a reader of the moment.
    package enum Holder: Hashable, Sendable {
        case named(String)
        case reader(UInt64)
    }

    private struct Hold {
        /// Everything up to this was read.
        var lsn: UInt64
        /// Store time at which there was first seen to be more; nil while there is not.
        var behindSinceMilliseconds: Int64?
    }

    private struct State {
        var holds: [Holder: Hold] = [:]
        var nextReader: UInt64 = 0
        var isBegun: Bool
        var isSuspended = false
    }

    private let limits: Limits
    private let state: Mutex<State>

    package init(_ limits: Limits = Limits()) {
        self.limits = limits
        state = Mutex(State(isBegun: !limits.awaitsBeginning))
    }

    /// All who held when the store was closed are known again.
    package func begin() { state.withLock { $0.isBegun = true } }

    package func set(_ holder: Holder, lsn: UInt64) {
        state.withLock { $0.holds[holder] = Hold(lsn: lsn) }
    }

    /// Holds what is after `lsn`, too, whatever is held already.
    package func extend(_ holder: Holder, toAfter lsn: UInt64) {
        state.withLock { state in
            guard let known = state.holds[holder] else {
                state.holds[holder] = Hold(lsn: lsn)
                return
            }
            state.holds[holder]?.lsn = min(known.lsn, lsn)
        }
    }

    package func remove(_ holder: Holder) {
        state.withLock { _ = $0.holds.removeValue(forKey: holder) }
    }

    func makeReader() -> Holder {
        state.withLock { state in
            defer { state.nextReader += 1 }
            return .reader(state.nextReader)
        }
    }

    /// Nothing is held when segments are freed the next time: for a disk that is full, which deleting must be able to
    /// free.
    func suspendOnce() { state.withLock { $0.isSuspended = true } }

    /// What everybody has read: of those, at least, who are still waited for.
    ///
    /// - Parameters:
    ///   - segments: those that would be free but for the holds.
    ///   - lastLSN: the last commit.
    func readLSN(of segments: [SegmentInfo], lastLSN: UInt64, timeMilliseconds: Int64) -> UInt64 {
        state.withLock { state in
            guard state.isBegun else { return 0 }
            guard !state.isSuspended else {
                state.isSuspended = false
                return .max
            }
            for (holder, hold) in state.holds where hold.behindSinceMilliseconds == nil && hold.lsn < lastLSN {
                state.holds[holder]?.behindSinceMilliseconds = timeMilliseconds
            }
            return readLSN(of: segments, state.holds, timeMilliseconds: timeMilliseconds)
        }
    }

    /// What `readLSN` would say; nothing is noted, and nobody is waited for any the less.
    func expectedReadLSN(of segments: [SegmentInfo], timeMilliseconds: Int64) -> UInt64 {
        state.withLock { state in
            guard state.isBegun else { return 0 }
            return readLSN(of: segments, state.holds, timeMilliseconds: timeMilliseconds)
        }
    }

    private func readLSN(
        of segments: [SegmentInfo], _ holds: [Holder: Hold], timeMilliseconds: Int64
    ) -> UInt64 {
        let kept = holds.values.filter { hold in
            let (age, isOverflown) = timeMilliseconds.subtractingReportingOverflow(
                hold.behindSinceMilliseconds ?? timeMilliseconds)
            guard !isOverflown, age / 1_000 <= limits.ageSecondsMaximum else { return false }
            let behind = segments.lazy.filter { $0.lastLSN > hold.lsn }
            return behind.reduce(0) { $0 + $1.sizeBytes } <= limits.sizeBytesMaximum
        }
        return kept.map(\.lsn).min() ?? .max
    }
}
