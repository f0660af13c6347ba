import Strongroom

/// The code of “The change feed”.
enum Changes {
    static func article(_ store: Store) async throws {
        let photos = try await store.createBucket("feed")
        // FollowingChanges
        let start = try await store.position()
        try await photos.put("cat.jpg", [1, 2, 3])
        for try await change in try await store.changes(after: start) {
            print(change.kind, change.bucket, change.key?.rawValue ?? "", change.position)
            break
        }
        // FollowingChanges
        _ = try await store.consumer(named: "search-index", startingAfter: start)
        try await photos.put("last.jpg", [4])
        // FollowingChanges
        let index = try await store.consumer(named: "search-index")
        for try await change in try await index.changes() {
            try await update(change)
            if change.key == "last.jpg" { break }
            if change.lsn.isMultiple(of: 100) { try await index.acknowledge(change.position) }
        }
        // FollowingChanges
        let consumers = try await store.listConsumers()
        let present = try await store.position()
        precondition(consumers.map(\.name) == ["search-index"])
        precondition(consumers[0].position.lsn < present.lsn)
        try await index.acknowledge(present)
        try await store.removeConsumer(named: "search-index")
    }

    private static func update(_ change: Change) async throws {
        precondition(change.bucket == "feed" && change.kind == .objectStored)
    }
}
