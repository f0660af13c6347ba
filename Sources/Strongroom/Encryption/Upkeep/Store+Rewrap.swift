extension Store {
    /// Wraps anew, under the current version of its key, every data key and Bucket Key that is under an old one:
    /// after a rotation. No object is moved, and nobody who reads or writes meanwhile is disturbed.
    ///
    /// Each new wrap is opened before it takes the old one's place. It can be stopped at any time and taken up again
    /// at ``RewrapReport/cursor``, or from the beginning, which does nothing twice. Objects under customer keys are
    /// not for the store to wrap.
    ///
    /// - Parameters:
    ///   - options: which keys, how many and how fast.
    ///   - progress: called from time to time with the report so far.
    /// - Throws: ``StoreError/Code/invalidArgument``, ``StoreError/Code/storeLocked``, ``StoreError/Code/cancelled``;
    ///   what is wrong with single keys or rows is in the report.
    public func rewrapKeys(
        _ options: RewrapOptions = RewrapOptions(), progress: (@Sendable (RewrapReport) -> Void)? = nil
    ) async throws(StoreError) -> RewrapReport {
        try await RewrapJob(engine: engine, requester: requester, options: options).run(progress)
    }

    /// Gives the key that wraps the data keys of SSE-S3 a new version, for new objects. Those that are there stay under
    /// the old one until ``rewrapKeys(_:progress:)``. Durable on return.
    ///
    /// - Throws: ``StoreError/Code/keyBackendFailed`` where the store's backend cannot do it.
    public func rotateManagedKey() async throws(StoreError) {
        try engine.checkOpen()
        try await engine.unlockedKeys().rotate()
    }
}
