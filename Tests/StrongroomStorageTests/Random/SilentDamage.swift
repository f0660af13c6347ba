import StrongroomTestSupport

/// A store whose disk damages a file and says nothing, as a seed decides it. Whoever reads afterwards gets what was
/// written, or hears of the damage; and so does whoever opens the store.
struct SilentDamage: Sendable {
    enum Kind: String, Sendable, CaseIterable {
        /// While the store is open, a write lands elsewhere in its file.
        case misdirection
        /// While nobody has the store open, bits rot.
        case rot
    }

    /// What became of the damage.
    struct Outcome: Sendable {
        /// Writes that landed elsewhere, bits that rotted.
        var strikes = 0
        /// Reads and compactions that failed, and said why.
        var errors = 0
        /// Payloads that were not what was written, of which verifying knew.
        var told = 0
        /// Stores that did not open.
        var refusals = 0
        /// Stores whose last commits were gone, where nothing else said that they had been durable.
        var tornTails = 0

        static func += (sum: inout Outcome, other: Outcome) {
            sum.strikes += other.strikes
            sum.errors += other.errors
            sum.told += other.told
            sum.refusals += other.refusals
            sum.tornTails += other.tornTails
        }
    }

    let kind: Kind
    let seed: UInt64
    /// Whether somebody who gets another payload than was written asks for a verification.
    var asksVerification = true

    /// Throws what was found wrong.
    func run() async throws -> Outcome {
        do {
            var life = try await DamagedLife(self)
            try await life.begin()
            try await life.end()
            if try await life.reopen() { try await life.goOn() }
            return life.outcome
        } catch {
            throw Discrepancy("\(kind) of seed \(seed): \(error)")
        }
    }
}
