/// What a compaction moved, and what became free by that.
public struct CompactionReport: Sendable, Hashable {
    /// How many payloads were moved: of objects, of their older versions, and of parts.
    public var movedCount: UInt64 = 0
    /// Their stored bytes.
    public var movedBytes: UInt64 = 0
    /// How many files of the journal were emptied.
    public var freedSegmentCount: UInt64 = 0
    /// Their sizes: what became free for new objects, as soon as the last reader of them is gone.
    public var freedBytes: UInt64 = 0
}

extension Store {
    /// Gives back the space of deleted and overwritten small objects, now and as far as it is worth the work.
    ///
    /// It happens by itself as well, later and less thoroughly (``StoreOptions/compactsAutomatically``); see
    /// <doc:Space>. Nothing that can be seen of any object changes. Safe to break off, and to run beside anything else;
    /// while ``verify(readingData:progress:)`` runs it waits.
    ///
    /// - Parameter progress: called from time to time with the report so far.
    /// - Throws: ``StoreError/Code/diskFull`` where there is no room even to move what lives;
    ///   ``StoreError/Code/corrupted`` where a part of the journal is damaged, which stays as it is, when all else was
    ///   done; ``StoreError/Code/cancelled``.
    /// - Returns: what was moved and freed.
    @discardableResult
    public func compact(
        progress: ((CompactionReport) -> Void)? = nil
    ) async throws(StoreError) -> CompactionReport {
        try await engine.compact(progress: progress)
    }
}
