internal import StrongroomKeys
internal import Synchronization

/// Before anything else of a call: what is throttled costs neither the disk nor a seal.
extension KeyService {
    /// One for each call, however many parts it has.
    ///
    /// - Throws: ``KeyServiceError/Code/throttling``.
    func takeToken(for call: KeyCall) throws(KeyServiceError) {
        guard let quotas, call.isFirstPart() else { return }
        let owner = try current().registry.owner
        let principal = KeyPrincipal(call.requester.caller, owner)
        let now = host.bootNanoseconds()
        let wait = quotas.ledger.withLock { ledger in
            ledger.take(call.operation, account: principal.account, principal: principal.arn, at: now)
        }
        guard let wait else { return }
        let milliseconds = (wait + 999_999) / 1_000_000
        throw KeyServiceError(
            .throttling,
            "The quota of \(KeyOperationClass(of: call.operation)) requests per second is used up; try again in "
                + "\(milliseconds) milliseconds, with growing pauses after that.")
    }
}

/// The one account of what is left of the quotas. The lock is held for a few additions.
final class SharedQuotas: Sendable {
    let ledger: Mutex<QuotaLedger>

    /// Nil where there are none.
    init?(_ quotas: KeyQuotas) {
        if quotas.isUnlimited { return nil }
        ledger = Mutex(QuotaLedger(quotas))
    }
}
