internal import StrongroomSystem
internal import Synchronization

/// Keeps work from being done faster than was asked for.
final class Pace: Sendable {
    /// Objects, or bytes; nil for as fast as it goes.
    private let unitsPerSecond: UInt64?
    private let nextNanoseconds = Mutex<UInt64>(0)

    init(_ unitsPerSecond: Int?) { self.unitsPerSecond = unitsPerSecond.map { UInt64($0) } }

    /// - Throws: `invalidArgument` for a rate that is none.
    static func check(_ rate: Int?, _ name: String, atMost limit: Int) throws(StoreError) {
        guard let rate, !(1...limit).contains(rate) else { return }
        throw StoreError(.invalidArgument, "\(name) is \(rate); it may be 1 to \(limit), or left out.")
    }

    /// Called behind each piece of work.
    func wait(for units: UInt64 = 1) async throws(StoreError) {
        guard let unitsPerSecond else { return }
        let product = units.multipliedFullWidth(by: 1_000_000_000)
        // A year, for what nobody waits for.
        let longest: UInt64 = 365 * 24 * 60 * 60 * 1_000_000_000
        let cost =
            product.high >= unitsPerSecond ? longest : min(longest, unitsPerSecond.dividingFullWidth(product).quotient)
        let now = PosixClock().bootNanoseconds()
        let due = nextNanoseconds.withLock { next in
            next = max(next, now) + cost
            return next
        }
        do {
            try await Task.sleep(for: .nanoseconds(Int64(due - now)))
        } catch {
            throw StoreError(.cancelled, "The work was cancelled; what is done is done, and it can be taken up again.")
        }
    }
}
