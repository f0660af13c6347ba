import Strongroom

/// The code of “Lifecycle rules”.
enum Lifecycle {
    static func article(_ store: Store) async throws {
        let books = store.bucket("books")
        // LifecycleRules
        try await books.setLifecycle(
            LifecycleConfiguration([
                LifecycleRule(id: "drafts", filter: LifecycleFilter(prefix: "drafts/"), expiration: .days(30)),
                LifecycleRule(
                    id: "history", noncurrentExpiration: .init(days: 90, keptCount: 5), abortsUploadsAfterDays: 7),
            ]))
        let report = try await store.runLifecycle()
        print("\(report.deletedCount) gone")
        // LifecycleRules
        precondition(report.deletedCount == 0 && report.bucketCount == 1)
    }
}
