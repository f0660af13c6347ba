/// The time by which locks expire, which a change of the machine's clock cannot move forward.
///
/// While the store is open it advances with the boot clock, whatever becomes of the wall clock. Nobody knows how
/// long a store was closed: at the opening the wall clock is believed if it is not too far past what was saved,
/// else the clock stands still, and no lock expires, until somebody confirms it. It never goes back.
///
/// A value, without a clock of its own: readings are handed in.
struct LockClock: Sendable, Equatable {
    /// What the machine's clocks say at one moment.
    struct Reading: Sendable, Equatable {
        /// Milliseconds since 1970.
        var wallMilliseconds: Int64
        var bootNanoseconds: UInt64
    }

    /// What the store says of its clock when it is opened.
    enum Saved: Sendable, Equatable {
        /// Nothing, and nothing is locked.
        case never
        case at(milliseconds: Int64)
        /// It cannot be read, or is gone although something may be locked.
        case lost
    }

    private var milliseconds: Int64
    private var bootNanoseconds: UInt64
    private(set) var isConfirmed: Bool

    /// Stands still, at a time before every lock's end.
    static let lost = LockClock(milliseconds: .min, bootNanoseconds: 0, isConfirmed: false)

    private init(milliseconds: Int64, bootNanoseconds: UInt64, isConfirmed: Bool) {
        self.milliseconds = milliseconds
        self.bootNanoseconds = bootNanoseconds
        self.isConfirmed = isConfirmed
    }

    /// - Parameter gapMilliseconds: how far past the saved time the wall clock is believed.
    init(opening saved: Saved, at now: Reading, gapMilliseconds: Int64) {
        switch saved {
        case .never:
            self.init(
                milliseconds: now.wallMilliseconds, bootNanoseconds: now.bootNanoseconds, isConfirmed: true)
        case .lost:
            self = .lost
        case .at(let saved):
            let (gap, isOverflown) = now.wallMilliseconds.subtractingReportingOverflow(saved)
            // An overflow either way is no time that a machine of this world shows.
            let isBelieved = !isOverflown && gap <= gapMilliseconds
            self.init(
                milliseconds: isBelieved ? max(saved, now.wallMilliseconds) : saved,
                bootNanoseconds: now.bootNanoseconds, isConfirmed: isBelieved)
        }
    }

    func time(bootNanoseconds now: UInt64) -> LockTime {
        guard isConfirmed, now > bootNanoseconds else {
            return LockTime(milliseconds: milliseconds, isConfirmed: isConfirmed)
        }
        let elapsed = Int64((now - bootNanoseconds) / 1_000_000)
        let (sum, isOverflown) = milliseconds.addingReportingOverflow(elapsed)
        return LockTime(milliseconds: isOverflown ? .max : sum, isConfirmed: true)
    }

    /// Takes the wall clock's word; still never goes back.
    func confirmed(at now: Reading) -> LockClock {
        let known = time(bootNanoseconds: now.bootNanoseconds).milliseconds
        return LockClock(
            milliseconds: max(known, now.wallMilliseconds), bootNanoseconds: now.bootNanoseconds, isConfirmed: true)
    }
}
