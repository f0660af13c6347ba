internal import StrongroomStorage
internal import StrongroomSystem

/// Goes through the buckets that have rules, and deletes what these have come to.
///
/// Page by page: a page is copied out of one snapshot and reckoned after it, and what it has due is deleted a few at a
/// time, as users delete. Each delete is committed only if the row is still the one that was looked at, under the very
/// rules that decided: what is put over an object meanwhile stays, and so does everything once the rules are gone.
struct LifecycleJob: Sendable {
    let engine: Engine
    let options: LifecycleOptions
    var pageRows = 256

    typealias Progress = @Sendable (LifecycleReport) -> Void

    /// How often a bucket is begun anew whose rules change meanwhile.
    private static let attempts = 5

    func run(_ progress: Progress?) async throws(StoreError) -> LifecycleReport {
        try options.check()
        var report = LifecycleReport()
        do throws(StoreError) {
            try await run(&report, progress)
        } catch {
            engine.metrics.lifecycle.noteFailure(of: report, error.code)
            throw error
        }
        engine.metrics.lifecycle.noteEnd(of: report)
        return report
    }

    /// - Parameter report: what was done, also where it throws.
    private func run(_ report: inout LifecycleReport, _ progress: Progress?) async throws(StoreError) {
        _ = try engine.unlockedKeys()
        try engine.checkOpen()
        let now = engine.lockClock.time
        guard now.isConfirmed else {
            throw StoreError(
                .clockUnconfirmed,
                "Nothing expires at present, because the clock may be wrong: see Store.confirmClock().")
        }
        var names = engine.buckets.all.map(\.name)
        if let only = options.bucket {
            _ = try engine.bucket(only)
            names = [only]
        }
        var run = LifecycleRun(
            engine: engine, nowMilliseconds: now.milliseconds, pace: Pace(options.ratePerSecond), pageRows: pageRows,
            progress: progress)
        defer { report = run.report }
        for name in names { try await visit(name, &run) }
    }

    private func visit(_ name: BucketName, _ run: inout LifecycleRun) async throws(StoreError) {
        for attempt in 0..<Self.attempts {
            do throws(StoreError) {
                let known = try engine.bucket(name)
                guard known.row.state == .active, let rules = try await engine.lifecycleRules(known, name) else {
                    return
                }
                if attempt == 0 { run.report.bucketCount += 1 }
                if try await run.visit(name, known, rules) { return }
            } catch {
                // Deleted meanwhile.
                guard error.code != .noSuchBucket, error.code != .conflict else { return }
                guard !error.endsUpkeep else { throw error }
                run.report.noteFailure("bucket \(name)", error.message)
                return
            }
        }
        run.report.noteFailure("bucket \(name)", "Its rules were changed again and again meanwhile; run again.")
    }
}
