internal import StrongroomStorage
internal import StrongroomSystem
internal import SystemPackage

extension CatalogAnchors {
    /// By the anchors as they are now that the store is locked.
    func checkCounter(_ current: [(place: FilePath, anchor: AnchorFile)]) throws(StorageError) {
        guard let counter else {
            guard let other = current.first(where: { $0.anchor.counter != nil }) else { return }
            throw StorageError(
                .rolledBack,
                "the store's anchor goes with a counter, and none is named. Name its program with "
                    + "StoreOptions.anchorCounter (--anchor-counter); or, to go on without it, open the store once with "
                    + "StoreOptions.whenRolledBack = .accept (--accept-rollback)", path: other.place)
        }
        let value = try counter.begin()
        if current.isEmpty, isNew { return try takeStep() }
        // Others may have been out of reach for a while, and are behind.
        guard let last = AnchorCounter.last(of: current.map(\.anchor), at: value) else {
            throw Self.isBehind(current, value, places[0])
        }
        // None that is behind gets the counter's value: what is written anywhere from here on is the last one.
        remember(last.anchor, at: places)
        // What was copied while the anchors were ahead is not to pass after this opening, either.
        if last.said != value { try takeStep() }
        try takeStep()
    }

    private static func isBehind(
        _ current: [(place: FilePath, anchor: AnchorFile)], _ value: UInt64, _ place: FilePath
    ) -> StorageError {
        guard let said = current.compactMap(\.anchor.counter).max() else {
            return rolledBack("the store has no anchor that goes with the counter yet, or is an older one", place)
        }
        return rolledBack("the store was last when its counter was \(said), which is \(value) now", place)
    }

    /// A store whose anchors cannot be written opens all the same: somebody may want to make room. Without an answer of
    /// the counter it does not.
    private func takeStep() throws(StorageError) {
        do throws(StorageError) {
            try stepCounter()
        } catch {
            guard error.code != .anchorUnavailable, error.code != .unsafePermissions else { throw error }
            warn(error)
        }
    }
}
