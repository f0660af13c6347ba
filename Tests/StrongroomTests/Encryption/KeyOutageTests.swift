import CoreMetrics
import MetricsTestKit
import StrongroomKeys
import Synchronization
import Testing

@testable import Strongroom

/// A key service that hangs, throttles or is away: what is under it fails with an error that says so, within its
/// time, and all else goes on. Nothing is ever stored under less than was asked for.
@Suite("Key outages")
struct KeyOutageTests {
    private let metrics = TestMetrics()
    private let fixture: ModeFixture

    init() throws {
        fixture = try ModeFixture()
    }

    /// With little time for calls where a test waits for its end.
    private func open(deadlineSeconds: Int = 120, _ change: (inout KeyBackendLimits) -> Void = { _ in }) async throws
        -> (Store, Bucket)
    {
        var options = fixture.options
        options.keyService?.deadlineSeconds = deadlineSeconds
        options.metricsFactory = metrics
        var limits = KeyBackendLimits()
        limits.circuitOpenSeconds = 3_600
        limits.retryBaseMilliseconds = 1
        change(&limits)
        options.keyService?.limits = limits
        let store = try await Store.open(at: fixture.directory.store, options: options)
        return (store, try await store.createBucket("bucket", allowing: [.customerKeys]))
    }

    private func be(_ mood: TestKeyService.Mood) { fixture.service.state.withLock { $0.mood = mood } }

    private func failure(_ body: () async throws -> Void) async -> StoreError? {
        do {
            try await body()
            return nil
        } catch {
            return error as? StoreError
        }
    }

    /// While the service is well: a busy machine may need longer than the little time that a test gives its calls.
    private func eventually(_ body: () async throws -> Void) async throws {
        for _ in 0..<500 {
            if await failure(body) == nil { return }
            try await Task.sleep(for: .milliseconds(20))
        }
        try await body()
    }

    private func store(_ key: ObjectKey, _ request: EncryptionRequest, in bucket: Bucket) async throws {
        try await eventually { try await bucket.put(key, [1], options: PutOptions(encryption: request)) }
    }

    private func put(_ key: ObjectKey, _ request: EncryptionRequest, in bucket: Bucket) async -> StoreError? {
        await failure { try await bucket.put(key, [1], options: PutOptions(encryption: request)) }
    }

    @Test("While the service hangs, all else goes on, and after a while it is not asked any more")
    func hanging() async throws {
        let (store, bucket) = try await open(deadlineSeconds: 4)
        try await self.store("kms", .kms(), in: bucket)
        try await self.store("cached", .kms(bucketKey: true), in: bucket)
        try await eventually { _ = try await bucket.get("cached").collect(upTo: 10) }
        be(.hangs)
        let failures = await withTaskGroup(of: StoreError?.self) { group in
            for number in 0..<64 { group.addTask { await put(ObjectKey("k\(number)"), .kms(), in: bucket) } }
            for number in 0..<16 {
                #expect(await put(ObjectKey("s3 \(number)"), .s3Managed, in: bucket) == nil)
                #expect(await put(ObjectKey("none \(number)"), .none, in: bucket) == nil)
                #expect(await put(ObjectKey("own \(number)"), .customerKey(fixture.customerKey), in: bucket) == nil)
                // Its Bucket Key is open, and so it is for reading.
                #expect(await put(ObjectKey("bk \(number)"), .kms(bucketKey: true), in: bucket) == nil)
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(failures.count == 64 && failures.allSatisfy { $0?.code == .keyBackendFailed })
        // From now on at once, with the reason.
        for number in 0..<20 {
            let error = await put(ObjectKey("late \(number)"), .kms(), in: bucket)
            #expect(error?.message.contains("circuit is open") == true)
            #expect((error?.underlyingError as? KeyBackendError)?.code == .unavailable)
        }
        // By name: on a busy machine a call that nobody waits for any more may reach the service only now.
        let asked = fixture.service.state.withLock { $0.contexts }.flatMap(\.pairs).map(\.value)
        #expect(asked.contains { $0.hasSuffix("/kms") } && !asked.contains { $0.contains("/late") })
        #expect(await failure { _ = try await bucket.get("kms") }?.code == .keyBackendFailed)
        #expect(try await bucket.get("cached").collect(upTo: 10) == [1])
        // What failed is not there, in no mode.
        let keys = try await bucket.list().objects.map(\.key.description)
        #expect(!keys.contains { $0.hasPrefix("k") && $0 != "kms" } && !keys.contains { $0.hasPrefix("late") })
        let own = [("backend", "test-kms")]
        #expect(try metrics.expectGauge("strongroom_key_circuit_open", own).lastValue == 1)
        #expect(try metrics.expectCounter("strongroom_key_refusals_total", own).totalValue >= 21)
        try await close(store)
    }

    @Test("A service that comes back is found out by one call")
    func recovery() async throws {
        let (store, bucket) = try await open(deadlineSeconds: 2) {
            $0.circuitFailureCount = 1
            $0.circuitOpenSeconds = 1
        }
        try await self.store("kms", .kms(), in: bucket)
        be(.hangs)
        #expect(await put("a", .kms(), in: bucket)?.code == .keyBackendFailed)
        be(.well)
        try await self.store("a", .kms(), in: bucket)
        try await eventually {
            let read = try await bucket.get("a").collect(upTo: 10)
            #expect(read == [1])
        }
        let circuit = try metrics.expectGauge("strongroom_key_circuit_open", [("backend", "test-kms")]).values
        let opened = try #require(circuit.firstIndex(of: 1))
        #expect(circuit[opened...].contains(0))
        try await close(store)
    }

    @Test("A service that throttles is asked again, a few times, and never left for another mode")
    func throttling() async throws {
        let (store, bucket) = try await open()
        #expect(await put("kms", .kms(), in: bucket) == nil)
        be(.throttles)
        let before = fixture.service.calls("generate")
        let error = await put("a", .kms(), in: bucket)
        #expect((error?.underlyingError as? KeyBackendError)?.code == .throttled)
        #expect(fixture.service.calls("generate") == before + 4)
        #expect(
            try metrics.expectCounter("strongroom_key_retries_total", [("backend", "test-kms")]).totalValue == 3)
        #expect(await put("s3", .s3Managed, in: bucket) == nil)
        for _ in 0..<20 { #expect(await failure { _ = try await bucket.get("kms") } != nil) }
        be(.well)
        // It answers, so it is asked.
        #expect(try await bucket.get("kms").collect(upTo: 10) == [1])
        #expect(await failure { _ = try await bucket.head("a") }?.code == .noSuchKey)
        try await close(store)
    }

    @Test("No more calls are under way than are allowed, however many ask")
    func storm() async throws {
        let (store, bucket) = try await open { $0.callsInFlightMax = 3 }
        await withTaskGroup(of: Void.self) { group in
            for task in 0..<64 {
                group.addTask {
                    for step in 0..<4 { #expect(await put(ObjectKey("\(task)-\(step)"), .kms(), in: bucket) == nil) }
                }
            }
        }
        #expect(try await bucket.list().objects.count == 256)
        #expect(fixture.service.calls("generate") == 256)
        let inFlight = try metrics.expectMeter("strongroom_key_calls_in_flight", [("backend", "test-kms")])
        #expect(inFlight.values.allSatisfy { (0...3).contains($0) } && inFlight.lastValue == 0)
        try await close(store)
    }

    @Test("Limits are checked when a store is opened")
    func limits() async {
        for change in [{ $0.retryCountMax = -1 }, { $0.callsInFlightMax = 0 }] as [(inout KeyBackendLimits) -> Void] {
            #expect(await failure { _ = try await open(deadlineSeconds: 120, change) }?.code == .invalidArgument)
        }
        var options = StoreOptions()
        options.keyBackendLimits.circuitWindowSeconds = 0
        #expect(throws: StoreError.self) { try options.check() }
    }

    private func close(_ store: Store) async throws {
        be(.well)
        try await store.close()
    }
}
