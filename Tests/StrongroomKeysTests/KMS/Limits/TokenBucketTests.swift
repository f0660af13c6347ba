import StrongroomSystem
import Testing

@testable import StrongroomKMS

@Suite struct TokenBucketTests {
    @Test(arguments: [1, 3, 5_500, 1_000_000]) func aSecondsWorthAtOnceAndThenOneByOne(_ rate: Int) {
        var bucket = TokenBucket(ratePerSecond: rate, at: 7)
        for _ in 0..<rate {
            #expect(bucket.wait(at: 7) == 0)
            bucket.take()
        }
        let wait = bucket.wait(at: 7)
        #expect(wait == (1_000_000_000 + UInt64(rate) - 1) / UInt64(rate))
        #expect(bucket.wait(at: 7 + wait - 1) > 0)
        #expect(bucket.wait(at: 7 + wait) == 0)
    }

    @Test(arguments: [1, 10, 60, 1_000_000]) func aBurstOfItsOwnComesBackAtTheRate(_ burst: Int) {
        var bucket = TokenBucket(ratePerSecond: 7, burst: burst, at: 3)
        for _ in 0..<burst {
            #expect(bucket.wait(at: 3) == 0)
            bucket.take()
        }
        #expect(bucket.wait(at: 3) == (1_000_000_000 + 6) / 7)
        let fullAfter = (UInt64(burst) * 1_000_000_000 + 6) / 7
        #expect(!bucket.isFull(at: 3 + fullAfter - 1) && bucket.isFull(at: 3 + fullAfter))
        #expect(bucket.isFull(at: .max))
    }

    @Test func aClockThatGoesBackBringsNothingAndTakesNothing() {
        var bucket = TokenBucket(ratePerSecond: 1, at: 1_000_000_000)
        bucket.take()
        #expect(bucket.wait(at: 0) == 1_000_000_000)
        #expect(bucket.wait(at: 2_000_000_000) == 0)
    }

    /// Against a model that keeps every request that was let through, and never a level: the level is what would be
    /// there had the bucket been full at the best moment to have been so.
    @Test(arguments: 0..<60) func atRandomItDoesWhatTheModelSays(_ seed: UInt64) {
        var random = SplitMix64(state: seed)
        let rate = [1, 2, 7, 50, 1_000].randomElement(using: &random)!
        var now = UInt64.random(in: 0..<1_000_000, using: &random)
        var bucket = TokenBucket(ratePerSecond: rate, at: now)
        var taken: [UInt64] = []
        for _ in 0..<300 {
            let pause = [1 as UInt64, 1_000, 40_000_000, 3_000_000_000].randomElement(using: &random)!
            now += UInt64.random(in: 0..<pause, using: &random)
            let level = Self.level(rate, taken, at: now)
            let wait = bucket.wait(at: now)
            #expect((wait == 0) == (level >= 1_000_000_000))
            guard wait == 0 else {
                #expect(Self.level(rate, taken, at: now + wait) >= 1_000_000_000)
                #expect(Self.level(rate, taken, at: now + wait - 1) < 1_000_000_000)
                continue
            }
            bucket.take()
            taken.append(now)
            #expect(bucket.isFull(at: now + 1_000_000_000))
        }
        // In no stretch of time are there more than its rate brings and what was there at once.
        var worst = Int128.min
        for (first, start) in taken.enumerated() {
            for (last, end) in taken.enumerated().dropFirst(first) {
                let allowed = Int128(end - start) * Int128(rate) + Int128(rate) * 1_000_000_000
                worst = max(worst, Int128(last - first + 1) * 1_000_000_000 - allowed)
            }
        }
        #expect(worst <= 0)
    }

    /// In billionths: the least, over all earlier requests and the beginning, of what a full bucket had become since.
    private static func level(_ rate: Int, _ taken: [UInt64], at now: UInt64) -> Int128 {
        let capacity = Int128(rate) * 1_000_000_000
        var least = capacity
        for (index, start) in taken.enumerated() {
            let since = Int128(taken.count - index) * 1_000_000_000
            least = min(least, capacity - since + Int128(now - start) * Int128(rate))
        }
        return least
    }
}
