#if HTTPServer
import Foundation
import Hummingbird
import ServiceLifecycle
import Strongroom
import StrongroomTestSupport
import SystemPackage
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
    func options() async throws {
        let (store, _, folder) = try await Self.store()
        for seconds in [0, -1, LifecycleRuns.secondsMaximum + 1] {
            var options = S3ServerOptions()
            options.http = .init(host: "127.0.0.1", port: 0)
            options.lifecycle = .every(seconds: seconds)
            #expect(throws: S3ServerError.self) { try options.check() }
            let error = #expect(throws: S3ServerError.self) { try LifecycleService(store, .every(seconds: seconds)) }
            #expect(error?.code == .invalidOption)
        }
        try await store.close()
        withExtendedLifetime(folder) {}
    }

    @Test("an application that serves a store itself has runs as one of its services, and they end with it")
    func mounted() async throws {
        try await ServerFixture.mounted { store, _, whenRunning in
            var application = Application(
                responder: try S3Responder(store, context: BasicS3RequestContext.self), server: .s3(),
                configuration: .init(address: .hostname("127.0.0.1", port: 0)), onServerRunning: whenRunning,
                logger: ServerFixture.quiet)
            application.addServices(try LifecycleService(store, .every(seconds: 1), logger: ServerFixture.quiet))
            return application
        } _: { fixture in
            let bucket = try await fixture.store.createBucket("data")
            let past = LifecycleRule(id: "all", expiration: .date(Date(timeIntervalSince1970: 86_400)))
            try await bucket.setLifecycle(try LifecycleConfiguration([past]))
            try await bucket.put("key", [1])
            #expect(try await Self.within(seconds: 30) { try await bucket.list().objects.isEmpty })
            let connection = try fixture.connect()
            try await connection.send(try fixture.head("GET", "/data/key"))
            #expect(try await connection.receive(until: "</Error>").text.hasPrefix("HTTP/1.1 404"))
        }
    }

    @Test("a run that fails is counted, and made again; the application stands until it is to end")
    func failing() async throws {
        let (store, metrics, folder) = try await Self.store()
        let service = try LifecycleService(store, .every(seconds: 1), logger: ServerFixture.quiet)
        let group = ServiceGroup(services: [service], logger: ServerFixture.quiet)
        let running = Task { try await group.run() }
        #expect(try await Self.within(seconds: 30) { Self.figure("runs_total", metrics) >= 1 })
        try await store.close()
        #expect(try await Self.within(seconds: 30) { Self.figure("failures_total", metrics) >= 2 })
        await group.triggerGracefulShutdown()
        try await running.value
        withExtendedLifetime(folder) {}
    }

    @Test("without runs a service deletes nothing, and does not end by itself")
    func never() async throws {
        let (store, metrics, folder) = try await Self.store()
        let bucket = try await store.createBucket("data")
        let past = LifecycleRule(id: "all", expiration: .date(Date(timeIntervalSince1970: 86_400)))
        try await bucket.setLifecycle(try LifecycleConfiguration([past]))
        try await bucket.put("key", [1])
        let service = try LifecycleService(store, .never, logger: ServerFixture.quiet)
        let running = Task {
            try await service.run()
            return try await bucket.list().objects.count
        }
        try await Task.sleep(for: .seconds(1))
        #expect(Self.figure("runs_total", metrics) == 0)
        try await bucket.put("another", [1])
        running.cancel()
        // Had it ended by itself, there would have been one.
        #expect(try await running.value == 2)
        try await store.close()
        withExtendedLifetime(folder) {}
    }

    private static func store() async throws -> (Store, PrometheusMetrics, TemporaryFolder) {
        let folder = TemporaryFolder()
        let metrics = PrometheusMetrics()
        var options = StoreOptions()
        options.metricsFactory = metrics
        return (try await Store.open(at: folder.path.appending("store"), options: options), metrics, folder)
    }

    /// As Prometheus is told it; -1 where it is not.
    private static func figure(_ name: String, _ metrics: PrometheusMetrics) -> Int {
        let line = metrics.text().split(separator: "\n").first { $0.hasPrefix("strongroom_lifecycle_\(name) ") }
        return line?.split(separator: " ").last.flatMap { Int($0) } ?? -1
    }

    private static func within(seconds: Int, _ condition: () async throws -> Bool) async throws -> Bool {
        for _ in 0..<seconds * 10 {
            if try await condition() { return true }
            try await Task.sleep(for: .milliseconds(100))
        }
        return false
    }
}
#endif
