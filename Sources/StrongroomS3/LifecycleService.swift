#if HTTPServer
internal import Logging
internal import ServiceLifecycle
internal import Strongroom
internal import StrongroomSystem

/// Runs the rules of buckets beside a server, for as long as it stands.
struct LifecycleService: Service {
    let store: Store
    let runs: LifecycleRuns
    let logger: Logger

    /// The wall clock may be set while a run is waited for: it is looked at again and again.
    private static let lookSeconds = 600

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                let begun = now
                await runOnce()
                await wait(until: runs.nextSeconds(begun: begun, ended: now))
            }
        }
    }

    private func wait(until next: Int) async {
        while !Task.isCancelled {
            let pause = next - now
            guard pause > 0 else { return }
            try? await Task.sleep(for: .seconds(min(pause, Self.lookSeconds)))
        }
    }

    private var now: Int { Int(PosixClock().wallMilliseconds() / 1_000) }

    private func runOnce() async {
        do throws(StoreError) {
            let report = try await store.runLifecycle()
            guard report.bucketCount > 0 else { return }
            logger.info(
                "Lifecycle rules were run",
                metadata: [
                    "buckets": "\(report.bucketCount)", "expired": "\(report.expiredCount)",
                    "hidden": "\(report.hiddenCount)", "versions": "\(report.removedVersionCount)",
                    "markers": "\(report.removedMarkerCount)", "uploads": "\(report.abortedUploadCount)",
                    "locked": "\(report.lockedCount)", "changed": "\(report.changedCount)",
                ])
            for failure in report.failures {
                logger.error(
                    "Lifecycle rules could not be run",
                    metadata: ["place": "\(failure.place)", "reason": "\(failure.reason)"])
            }
        } catch {
            // The next run may have more luck; requests are answered all the same.
            guard error.code != .cancelled else { return }
            logger.error("Lifecycle rules could not be run", metadata: ["error": "\(error)"])
        }
    }
}
#endif
