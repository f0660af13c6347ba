extension Store {
    /// Deletes what the rules of buckets have come to by now: expires objects, removes older versions and delete
    /// markers that hide nothing, aborts uploads. Run it once a day, after midnight of UTC, when things become due;
    /// `strongroom serve` and `S3Server` do so by themselves, and `LifecycleService` does in an application.
    ///
    /// Nobody who reads or writes meanwhile is disturbed: what changes between the look and the delete is left alone,
    /// and so is what object lock protects. It can be stopped at any time, and run again: what is done is done. The
    /// time is that of locks, which a change of the machine's clock does not move (``isClockConfirmed``).
    ///
    /// - Parameters:
    ///   - options: which buckets, and how fast.
    ///   - progress: called from time to time with the report so far.
    /// - Throws: ``StoreError/Code/invalidArgument``, ``StoreError/Code/noSuchBucket`` where one is named,
    ///   ``StoreError/Code/storeLocked``, ``StoreError/Code/clockUnconfirmed``, ``StoreError/Code/cancelled``; what is
    ///   wrong with single objects is in the report.
    public func runLifecycle(
        _ options: LifecycleOptions = LifecycleOptions(), progress: (@Sendable (LifecycleReport) -> Void)? = nil
    ) async throws(StoreError) -> LifecycleReport {
        try await LifecycleJob(engine: engine, options: options).run(progress)
    }
}
