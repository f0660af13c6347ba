import CoreMetrics
import MetricsTestKit
import Testing

@testable import Strongroom

#if Tracing
import InMemoryTracing
import Tracing
#endif

@Suite("Observing")
struct ObservingTests {
    private func options(_ metrics: TestMetrics) -> StoreOptions {
        var options = StoreOptions.forTests
        options.metricsFactory = metrics
        options.metricsDimensions = [("store", "one")]
        return options
    }

    private static let own = [("store", "one")]

    @Test func callsAndBytesAreCounted() async throws {
        let metrics = TestMetrics()
        try await withStore(options(metrics)) { store, _ in
            let bucket = try await store.createBucket("photos")
            for number in 0..<5 { try await bucket.put(ObjectKey("\(number)"), [UInt8](repeating: 1, count: 100)) }
            _ = try await bucket.get("1").collect(upTo: 100)
            _ = try await bucket.list()
            try await bucket.delete("2")
            try await bucket.copy("1", to: "copy")
            try await store.batch { $0.put("b", [1, 2], in: bucket.name) }
            await #expect(throws: StoreError.self) { try await bucket.head("nothing") }
        }
        func calls(_ name: String) throws -> Int64 {
            try metrics.expectCounter("strongroom_calls_total", Self.own + [("call", name)]).totalValue
        }
        #expect(try calls("put") == 5)
        for name in ["get", "list", "delete", "copy", "batch"] { #expect(try calls(name) == 1, "\(name)") }
        #expect(try calls("head") == 0)
        let failures = try metrics.expectCounter(
            "strongroom_failures_total", Self.own + [("call", "head"), ("code", "noSuchKey")])
        #expect(failures.totalValue == 1)
        #expect(try metrics.expectCounter("strongroom_stored_bytes_total", Self.own).totalValue == 602)
        #expect(try metrics.expectCounter("strongroom_read_bytes_total", Self.own).totalValue == 100)
        let timer = try metrics.expectTimer("strongroom_call_duration", Self.own + [("call", "put")])
        #expect(timer.values.count == 5 && timer.values.allSatisfy { $0 > 0 })
    }

    @Test func groupsAreReported() async throws {
        let metrics = TestMetrics()
        try await withStore(options(metrics)) { store, _ in
            let bucket = try await store.createBucket("photos")
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<40 { group.addTask { try await bucket.put(ObjectKey("\(number)"), [1]) } }
                try await group.waitForAll()
            }
            let sizes = try metrics.expectRecorder("strongroom_group_commits", Self.own).values
            let syncs = try metrics.expectTimer("strongroom_sync_duration", Self.own).values
            let groups = try metrics.expectTimer("strongroom_group_duration", Self.own).values
            // The last group may still be about to report.
            #expect(try metrics.expectCounter("strongroom_commits_total", Self.own).totalValue >= 1)
            #expect(!sizes.isEmpty && sizes.reduce(0, +) <= 41)
            #expect(zip(groups, syncs).allSatisfy { $0 >= $1 })
            let rows = try metrics.expectGauge("strongroom_checkpoint_lag_rows", Self.own).values
            #expect(rows.allSatisfy { $0 >= 1 && $0 <= 41 })
        }
    }

    #if Tracing
    @Test func callsHaveSpans() async throws {
        let tracer = InMemoryTracer()
        try await withStore { store, _ in
            let bucket = try await store.createBucket("photos")
            InstrumentationSystem.bootstrap(tracer)
            try await bucket.put("secret name", [1])
            await #expect(throws: StoreError.self) { try await bucket.get("nothing") }
        }
        let spans = tracer.finishedSpans.filter { $0.attributes.get("strongroom.bucket") == .string("photos") }
        let put = try #require(spans.first { $0.operationName == "strongroom put" })
        #expect(put.status?.code != .error)
        let get = try #require(spans.first { $0.operationName == "strongroom get" && $0.status?.code == .error })
        #expect(get.attributes.get("error.type") == .string("noSuchKey"))
        #expect(spans.allSatisfy { !"\($0.attributes)".contains("secret name") })
    }
    #endif
}
