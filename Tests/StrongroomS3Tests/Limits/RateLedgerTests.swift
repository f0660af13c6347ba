import StrongroomPolicy
import Testing

@testable import StrongroomS3Protocol

/// Who has asked too often; pure, with a clock that is given.
@Suite("Rates") struct RateLedgerTests {
    private static let second: UInt64 = 1_000_000_000

    /// A ledger that expectations may change.
    private final class Ledger {
        private var ledger: RateLedger

        init(_ rates: RequestRates) { ledger = RateLedger(rates) }

        var bucketCount: Int { ledger.bucketCount }

        func take(_ requester: RateLedger.Requester, at now: UInt64) -> Bool { ledger.take(requester, at: now) }
    }

    private static func ledger(key: Int? = nil, address: Int? = nil, burst: Int? = nil) -> Ledger {
        Ledger(
            RequestRates(
                accessKey: key.map { RequestRate(perSecond: $0, burst: burst ?? $0) },
                address: address.map { RequestRate(perSecond: $0, burst: burst ?? $0) }))
    }

    @Test("a burst comes at once, and then as many as a second brings")
    func bursts() {
        let ledger = Self.ledger(key: 2, burst: 10)
        var now: UInt64 = 5
        var answered = (0..<20).count { _ in ledger.take(.accessKey("a"), at: now) }
        #expect(answered == 10)
        now += Self.second
        answered = (0..<20).count { _ in ledger.take(.accessKey("a"), at: now) }
        #expect(answered == 2)
        now += 60 * Self.second
        answered = (0..<20).count { _ in ledger.take(.accessKey("a"), at: now) }
        #expect(answered == 10)
    }

    @Test("each key has its own, and addresses have theirs; what has no rate has none")
    func requesters() {
        let ledger = Self.ledger(key: 1)
        #expect(ledger.take(.accessKey("a"), at: 0) && ledger.take(.accessKey("b"), at: 0))
        #expect(!ledger.take(.accessKey("a"), at: 0))
        for _ in 0..<100 { #expect(ledger.take(.address(AddressBlock("192.0.2.1")), at: 0)) }
        #expect(ledger.bucketCount == 2)
        let addresses = Self.ledger(address: 1)
        #expect(addresses.take(.address(nil), at: 0) && !addresses.take(.address(nil), at: 0))
        for _ in 0..<100 { #expect(addresses.take(.accessKey("a"), at: 0)) }
    }

    @Test("a line of IPv6 is one client, and an address of IPv4 is one however it is written")
    func addresses() {
        #expect(AddressBlock("2001:db8:1:2::1") == AddressBlock("2001:db8:1:2:ffff::9"))
        #expect(AddressBlock("2001:db8:1:2::1") != AddressBlock("2001:db8:1:3::1"))
        #expect(AddressBlock("::ffff:192.0.2.1") == AddressBlock("192.0.2.1"))
        #expect(AddressBlock("192.0.2.1") != AddressBlock("192.0.2.2"))
        #expect(AddressBlock("fe80::1%eth0") == AddressBlock("fe80::2"))
        #expect(AddressBlock("::c000:201") != AddressBlock("192.0.2.1") && AddressBlock("nonsense") == nil)
    }

    @Test("memory is bounded: newcomers share what is left, and old ones keep theirs")
    func bounds() {
        let ledger = Self.ledger(key: 1)
        for index in 0..<RateLedger.bucketsMax { #expect(ledger.take(.accessKey("k\(index)"), at: 0)) }
        // None is full, so the next two share one.
        #expect(ledger.take(.accessKey("new"), at: 1) && !ledger.take(.accessKey("newer"), at: 1))
        #expect(!ledger.take(.accessKey("k0"), at: 1))
        #expect(ledger.bucketCount <= RateLedger.bucketsMax + 2)
        // A second later all are full again, and nothing is lost with them.
        #expect(ledger.take(.accessKey("newest"), at: 2 * Self.second) && ledger.bucketCount == 1)
    }
}
