import Testing

@testable import StrongroomStorage

@Suite struct CommitWaiterTests {
    private static let receipt = CommitReceipt(lsn: 7, timeMilliseconds: 1)

    private func isReceipt(_ completion: CommitRequest.Completion) -> Bool {
        if case .committed(let receipt) = completion { receipt.lsn == 7 } else { false }
    }

    @Test func whoIsToldBeforeDoesNotSleep() async {
        let waiter = CommitWaiter()
        waiter.tell(.committed(Self.receipt))
        waiter.lookOut(for: .seconds(3_600)) { true }
        #expect(isReceipt(await waiter.wait()))
    }

    @Test func whoSleepsIsWoken() async {
        for _ in 0..<1_000 {
            let waiter = CommitWaiter()
            async let completion = waiter.wait()
            waiter.tell(.committed(Self.receipt))
            #expect(isReceipt(await completion))
        }
    }

    /// With company, or after its time, it sleeps: a look-out that did not end would keep a thread of the pool.
    @Test func theLookOutEnds() async {
        let waiter = CommitWaiter()
        waiter.lookOut(for: .seconds(3_600)) { false }
        waiter.lookOut(for: .microseconds(1)) { true }
        waiter.tell(.committed(Self.receipt))
        #expect(isReceipt(await waiter.wait()))
    }
}
