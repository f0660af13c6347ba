internal import CoreMetrics
internal import Logging
internal import StrongroomStorage
internal import Synchronization

/// The figures of one open store. Handles are made once: what a call adds is a number to some of them.
///
/// The names are part of the interface (see the article "Observing a store").
final class StoreMetrics: Sendable {
    /// Calls that are counted and timed.
    enum Call: String, CaseIterable, Sendable {
        case put, get, head, list, delete, copy, batch
        case completeUpload = "complete_upload"
    }

    private struct CallHandles: Sendable {
        let count: Counter
        let duration: Timer
    }

    private let factory: any MetricsFactory
    private let dimensions: [(String, String)]
    private let calls: [Call: CallHandles]
    private let failures = Mutex<[String: Counter]>([:])
    private let storedBytes: Counter
    private let readBytes: Counter
    private let commits: Counter
    private let groupSize: Recorder
    private let groupDuration: Timer
    private let syncDuration: Timer
    private let lagBytes: Gauge
    private let lagRows: Gauge
    let lifecycle: LifecycleMetrics

    init(_ factory: any MetricsFactory, dimensions: [(String, String)]) {
        self.factory = factory
        self.dimensions = dimensions
        func counter(_ name: String, _ more: [(String, String)] = []) -> Counter {
            Counter(label: "strongroom_\(name)", dimensions: dimensions + more, factory: factory)
        }
        func timer(_ name: String, _ more: [(String, String)] = []) -> Timer {
            Timer(label: "strongroom_\(name)", dimensions: dimensions + more, factory: factory)
        }
        calls = Dictionary(
            uniqueKeysWithValues: Call.allCases.map { call in
                let own = [("call", call.rawValue)]
                return (call, CallHandles(count: counter("calls_total", own), duration: timer("call_duration", own)))
            })
        storedBytes = counter("stored_bytes_total")
        readBytes = counter("read_bytes_total")
        commits = counter("commits_total")
        groupSize = Recorder(
            label: "strongroom_group_commits", dimensions: dimensions, aggregate: true, factory: factory)
        groupDuration = timer("group_duration")
        syncDuration = timer("sync_duration")
        lagBytes = Gauge(label: "strongroom_checkpoint_lag_bytes", dimensions: dimensions, factory: factory)
        lagRows = Gauge(label: "strongroom_checkpoint_lag_rows", dimensions: dimensions, factory: factory)
        lifecycle = LifecycleMetrics(counter)
    }

    convenience init(_ options: StoreOptions) {
        self.init(
            options.metricsFactory ?? MetricsSystem.factory,
            dimensions: options.metricsDimensions.map { ($0.name, $0.value) })
    }

    /// The figures of a key backend of the store.
    func keyBackend(_ name: String, logger: Logger) -> KeyBackendMetrics {
        KeyBackendMetrics(name, factory, dimensions: dimensions, logger: logger)
    }

    func note(_ call: Call, nanoseconds: Int64) {
        guard let handles = calls[call] else { preconditionFailure("every call has its handles") }
        handles.count.increment()
        handles.duration.recordNanoseconds(nanoseconds)
    }

    func noteFailure(_ call: Call, _ code: StoreError.Code) {
        let name = "\(call.rawValue) \(code.rawValue)"
        let counter = failures.withLock { failures in
            if let known = failures[name] { return known }
            let counter = Counter(
                label: "strongroom_failures_total",
                dimensions: dimensions + [("call", call.rawValue), ("code", code.rawValue)], factory: factory)
            failures[name] = counter
            return counter
        }
        counter.increment()
    }

    func noteStored(_ bytes: UInt64) { storedBytes.increment(by: Int64(clamping: bytes)) }
    func noteRead(_ bytes: UInt64) { readBytes.increment(by: Int64(clamping: bytes)) }

    /// On the committer's thread, once for each group.
    func note(_ group: GroupReport) {
        commits.increment(by: Int64(group.times.commitCount))
        groupSize.record(group.times.commitCount)
        groupDuration.recordNanoseconds(Int64(clamping: group.times.nanoseconds))
        syncDuration.recordNanoseconds(Int64(clamping: group.times.writeNanoseconds))
        lagBytes.record(group.memtableBytes)
        lagRows.record(group.memtableRows)
    }
}
