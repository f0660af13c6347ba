internal import StrongroomPolicy
internal import StrongroomSystem
internal import Synchronization

/// Holds requests to their rates. The lock is held for a few additions.
final class RateLimiter: Sendable {
    private let ledger: Mutex<RateLedger>
    /// Rises, whatever the wall clock does.
    private let nanoseconds: @Sendable () -> UInt64

    /// Nil where there are no rates.
    init?(_ rates: RequestRates, nanoseconds: @escaping @Sendable () -> UInt64) {
        if rates == RequestRates() { return nil }
        ledger = Mutex(RateLedger(rates))
        self.nanoseconds = nanoseconds
    }

    /// Counts a request whose signature was found right, or that has none.
    ///
    /// - Throws: `SlowDown`.
    func take(for identity: Identity, at address: String?) throws(S3Error) {
        guard let user = identity.user else { return try takeUnsigned(at: address) }
        try take(.accessKey(user.accessKeyID))
    }

    /// Counts a request by where it comes from. Whose signature is wrong is not whom it names: nobody uses up the
    /// tokens of a key that he only knows the name of.
    ///
    /// - Throws: `SlowDown`.
    func takeUnsigned(at address: String?) throws(S3Error) {
        try take(.address(address.flatMap { AddressBlock($0) }))
    }

    private func take(_ requester: RateLedger.Requester) throws(S3Error) {
        let now = nanoseconds()
        guard ledger.withLock({ $0.take(requester, at: now) }) else { throw .slowDown }
    }
}
