#if HTTPServer
public import Logging
public import ServiceLifecycle
public import Strongroom
internal import StrongroomSystem

/// Runs the rules of a store's buckets, for as long as an application stands.
///
/// `S3Server` has one beside its endpoints. An application that serves a store itself, or serves none, adds one:
///
/// ```swift
/// var app = Application(router: router, server: .s3())
/// app.addServices(try LifecycleService(store))
/// ```
///
/// A run that fails is told to the log, and made again when the next one is due; the application stands all the same.
public struct LifecycleService: Service {
    private let store: Store
    private let runs: LifecycleRuns
    private let logger: Logger

    /// The wall clock may be set while a run is waited for: it is looked at again and again.
    private static let lookSeconds = 600

    /// - Parameters:
    ///   - store: open for as long as the service runs. It is the application's to close.
    ///   - runs: when; ``LifecycleRuns/never`` for none, until the service is to end.
    ///   - logger: gets what each run did, at the level `info`, and at `error` what failed.
    /// - Throws: ``S3ServerError/Code/invalidOption``.
    public init(
        _ store: Store, _ runs: LifecycleRuns = .daily, logger: Logger = Logger(label: "strongroom.lifecycle")
    ) throws(S3ServerError) {
        try runs.check()
        (self.store, self.runs, self.logger) = (store, runs, logger)
    }

    /// Runs the rules again and again, until the service group that it is in shuts down or its task is cancelled; a run
    /// that is under way is cancelled then. What it has done is done, and the next one does the rest.
    public func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                let begun = now
                if runs != .never { await runOnce() }
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
