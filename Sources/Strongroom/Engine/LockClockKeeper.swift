internal import StrongroomSystem
internal import Synchronization

/// The running lock clock of an open store, and when it was saved last.
final class LockClockKeeper: Sendable {
    private struct State {
        var clock = LockClock.lost
        /// Nil while no bucket of the store ever had object lock: then there is nothing to save.
        var savedMilliseconds: Int64?
    }

    /// How old what is saved may become while the store is at work: as much as a crash takes off the gap that is
    /// believed at the next opening.
    static let saveIntervalMilliseconds: Int64 = 60 * 60 * 1_000

    private let machine: any StoreClock
    private let state = Mutex(State())

    init(_ machine: any StoreClock) { self.machine = machine }

    var reading: LockClock.Reading {
        LockClock.Reading(
            wallMilliseconds: machine.wallMilliseconds(), bootNanoseconds: machine.bootNanoseconds())
    }

    var time: LockTime {
        let now = machine.bootNanoseconds()
        return state.withLock { $0.clock.time(bootNanoseconds: now) }
    }

    var isInUse: Bool { state.withLock { $0.savedMilliseconds != nil } }

    func start(_ clock: LockClock, savedMilliseconds: Int64?) {
        state.withLock { $0 = State(clock: clock, savedMilliseconds: savedMilliseconds) }
    }

    func noteSaved(_ milliseconds: Int64) {
        state.withLock { $0.savedMilliseconds = max($0.savedMilliseconds ?? .min, milliseconds) }
    }

    func confirm(at reading: LockClock.Reading) {
        state.withLock { $0.clock = $0.clock.confirmed(at: reading) }
    }

    /// What the clock would say if `reading` were confirmed.
    func time(confirmedAt reading: LockClock.Reading) -> LockTime {
        state.withLock { $0.clock.confirmed(at: reading) }.time(bootNanoseconds: reading.bootNanoseconds)
    }

    /// Whether to save now. Says so once: whoever is told so is the one to do it.
    func takeDue() -> Bool {
        guard isInUse else { return false }
        let now = machine.bootNanoseconds()
        return state.withLock { state in
            let time = state.clock.time(bootNanoseconds: now)
            guard time.isConfirmed, let saved = state.savedMilliseconds else { return false }
            let (age, isOverflown) = time.milliseconds.subtractingReportingOverflow(saved)
            guard isOverflown || age >= Self.saveIntervalMilliseconds else { return false }
            state.savedMilliseconds = time.milliseconds
            return true
        }
    }
}
