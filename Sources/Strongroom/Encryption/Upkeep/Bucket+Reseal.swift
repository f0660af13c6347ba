extension Bucket {
    /// Brings the objects that are there up to the bucket's default encryption, old versions too.
    ///
    /// Where it suffices (from SSE-S3 or SSE-KMS to SSE-KMS) an object is put under the default's key in place, as by
    /// ``updateEncryption(of:version:toKey:context:bucketKey:)``; else its bytes are opened and sealed anew, under a
    /// new data key. Version, ETag, time, checksums, tags, parts and, under a key service, the encryption context stay,
    /// so that nobody who reads or writes meanwhile is disturbed. Objects under customer keys, protected by object
    /// lock, or better protected than the default asks are not touched: the report lists them with the reason. What is
    /// put while it runs is as its put asked, and unfinished uploads stay as they were begun. If the default is changed
    /// meanwhile, the new one counts from then on.
    ///
    /// It can be stopped at any time and taken up again at the ``ResealReport/cursor`` of the last report, or from the
    /// beginning, which does nothing twice but with ``ResealOptions/renewsDataKeys``. A run with that goes through
    /// everything once; a version that is made the newest by the removal of a newer one while it goes on may be left
    /// out.
    ///
    /// - Parameters:
    ///   - options: how many and how fast.
    ///   - progress: called from time to time with the report so far.
    /// - Throws: ``StoreError/Code/noSuchBucket``, ``StoreError/Code/invalidArgument``,
    ///   ``StoreError/Code/storeLocked``, ``StoreError/Code/cancelled``, ``StoreError/Code/diskFull``;
    ///   ``StoreError/Code/invalidRequest`` on a handle that presents a customer key; what the key service says where
    ///   the default's key is not to be used. What is wrong with single objects is in the report.
    public func reseal(
        _ options: ResealOptions = ResealOptions(), progress: (@Sendable (ResealReport) -> Void)? = nil
    ) async throws(StoreError) -> ResealReport {
        try await ResealJob(engine: engine, requester: requester, bucket: name, options: options).run(progress)
    }
}
