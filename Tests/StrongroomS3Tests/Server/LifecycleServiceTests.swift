#if HTTPServer
import Foundation
import Strongroom
import Testing

@testable import StrongroomS3

@Suite("Lifecycle beside a server") struct LifecycleServiceTests {
    private static let day = 86_400

    @Test("runs come once a day after midnight, and once more where one began before it")
    func daily() {
        let delay = LifecycleRuns.delaySeconds
        func next(_ begun: Int, _ ended: Int) -> Int { LifecycleRuns.daily.nextSeconds(begun: begun, ended: ended) }
        #expect(next(5 * Self.day + 40_000, 5 * Self.day + 40_100) == 6 * Self.day + delay)
        #expect(next(6 * Self.day + delay, 6 * Self.day + delay + 60) == 7 * Self.day + delay)
        // Begun after midnight and before the moment of the day: at that moment again.
        #expect(next(6 * Self.day + 10, 6 * Self.day + 20) == 6 * Self.day + delay)
        // One that takes longer than a day is followed by the next at once.
        #expect(next(6 * Self.day + delay, 8 * Self.day) < 8 * Self.day)
        #expect(LifecycleRuns.every(seconds: 60).nextSeconds(begun: 100, ended: 110) == 170)
    }

    @Test("a server deletes what is due, at its start and then again and again")
    func runs() async throws {
        let past = LifecycleRule(id: "all", expiration: .date(Date(timeIntervalSince1970: 86_400)))
        try await ServerFixture.with(lifecycle: .every(seconds: 1)) { fixture, _ in
            let bucket = try await fixture.store.createBucket("data")
            try await bucket.setLifecycle(try LifecycleConfiguration([past]))
            for _ in 0..<2 {
                try await bucket.put("key", [1])
                var isThere = true
                for _ in 0..<300 where isThere {
                    try await Task.sleep(for: .milliseconds(100))
                    isThere = try await !bucket.list().objects.isEmpty
                }
                #expect(!isThere)
            }
        }
    }

    @Test("an interval that is none is refused")
    func options() {
        for seconds in [0, -1, LifecycleRuns.secondsMaximum + 1] {
            var options = S3ServerOptions()
            options.http = .init(host: "127.0.0.1", port: 0)
            options.lifecycle = .every(seconds: seconds)
            #expect(throws: S3ServerError.self) { try options.check() }
        }
    }
}
#endif
