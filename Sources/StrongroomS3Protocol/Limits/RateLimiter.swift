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

    /// Counts a request, whether or not it is refused afterwards.
    ///
    /// - Parameters:
    ///   - accessKeyID: whose signature was found right. Nil where there is none, or another one than it should be,
    ///     which counts where it comes from: nobody uses up the tokens of a key that he only knows the name of.
    ///   - address: where it comes from.
    /// - Returns: whether it is within its rate.
    func take(accessKeyID: String?, at address: String?) -> Bool {
        let requester =
            accessKeyID.map { RateLedger.Requester.accessKey($0) } ?? .address(address.flatMap { AddressBlock($0) })
        let now = nanoseconds()
        return ledger.withLock { $0.take(requester, at: now) }
    }
}
