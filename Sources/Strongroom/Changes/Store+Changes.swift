extension Store {
    /// The changes after `position`, and those to come.
    ///
    /// Without a named consumer (``consumer(named:startingAfter:)``) what was not read yet is kept only while the feed
    /// is being read, and within ``StoreOptions/changeFeedLimitBytes``.
    ///
    /// - Parameters:
    ///   - position: where to begin; nil for the present.
    ///   - end: where to end; nil to wait for what is to come. With the present (``position()``) the feed tells what
    ///     there is, and ends.
    /// - Throws: ``StoreError/Code/invalidArgument`` for a position of another store or timeline, or one that does not
    ///   exist yet; ``StoreError/Code/storeLocked``, ``StoreError/Code/closed``.
    public func changes(
        after position: Position? = nil, through end: Position? = nil
    ) async throws(StoreError) -> ChangeFeed {
        _ = try engine.unlockedKeys()
        if let position { try await engine.check(position) }
        if let end { try await engine.check(end) }
        let start: Position
        if let position { start = position } else { start = try await engine.position() }
        return ChangeFeed(engine: engine, start: start, end: end)
    }

    /// The present: behind everything that was committed so far.
    public func position() async throws(StoreError) -> Position { try await engine.position() }

    /// The durable consumer of that name, made where there is none. What it has not acknowledged is kept, across
    /// restarts too, within ``StoreOptions/changeFeedLimitBytes`` and ``StoreOptions/changeFeedLimitSeconds``.
    ///
    /// - Parameters:
    ///   - name: 1 to 128 bytes of UTF-8.
    ///   - position: where a new consumer begins; nil for the present. A consumer that exists goes on where it was:
    ///     one from before a restore, or before a rollback was accepted, is put to `position`, where that is given.
    /// - Throws: ``StoreError/Code/invalidArgument``, ``StoreError/Code/storeLocked``, ``StoreError/Code/damaged``.
    public func consumer(
        named name: String, startingAfter position: Position? = nil
    ) async throws(StoreError) -> ChangeConsumer {
        try await engine.consumer(name, startingAfter: position)
    }

    /// All durable consumers, in byte order of their names.
    ///
    /// - Throws: ``StoreError/Code/storeLocked``, ``StoreError/Code/damaged``.
    public func listConsumers() async throws(StoreError) -> [ConsumerInfo] { try await engine.listConsumers() }

    /// Removes a durable consumer: nothing is kept for it any more. No error where there is none.
    ///
    /// - Throws: ``StoreError/Code/storeLocked``, ``StoreError/Code/closed``.
    public func removeConsumer(named name: String) async throws(StoreError) {
        try await engine.removeConsumer(name)
    }
}
