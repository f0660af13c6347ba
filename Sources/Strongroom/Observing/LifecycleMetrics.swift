internal import CoreMetrics

/// The figures of runs of lifecycle rules, whoever has them run.
///
/// The names are part of the interface (see the article "Observing a store").
struct LifecycleMetrics: Sendable {
    private let runs: Counter
    private let failures: Counter
    private let objects: Counter
    private let hidden: Counter
    private let versions: Counter
    private let markers: Counter
    private let uploads: Counter

    /// - Parameter counter: makes one of the store's counters, with labels of its own.
    init(_ counter: (_ name: String, _ labels: [(String, String)]) -> Counter) {
        func deleted(_ kind: String) -> Counter { counter("lifecycle_deleted_total", [("kind", kind)]) }
        runs = counter("lifecycle_runs_total", [])
        failures = counter("lifecycle_failures_total", [])
        objects = deleted("object")
        hidden = deleted("hidden")
        versions = deleted("version")
        markers = deleted("marker")
        uploads = deleted("upload")
    }

    /// Adds a run that came to its end, whatever failed in it.
    func noteEnd(of report: LifecycleReport) {
        runs.increment()
        note(report)
    }

    /// Adds what a run did before it was given up. One that somebody cancelled has not failed.
    func noteFailure(of report: LifecycleReport, _ code: StoreError.Code) {
        if code != .cancelled { failures.increment() }
        note(report)
    }

    private func note(_ report: LifecycleReport) {
        failures.increment(by: Int64(report.failures.count) + Int64(clamping: report.unlistedFailureCount))
        objects.increment(by: Int64(clamping: report.expiredCount))
        hidden.increment(by: Int64(clamping: report.hiddenCount))
        versions.increment(by: Int64(clamping: report.removedVersionCount))
        markers.increment(by: Int64(clamping: report.removedMarkerCount))
        uploads.increment(by: Int64(clamping: report.abortedUploadCount))
    }
}
