@testable import Strongroom

extension EngineCrashScenario {
    static let users = [
        EngineCrashScenario(
            "users come, change and go",
            { _ = try await $0.store.createUser(named: "alice", isAdministrator: true) },
            { _ = try await $0.store.createAccessKey(of: "alice") },
            { _ = try await $0.store.setUserPolicy(UserFixture.policy, named: "read", of: "alice") },
            { try await $0.checkpoint() }, { _ = try await $0.store.createUser(named: "bob") },
            { engine in
                let key = try await engine.store.user(named: "alice").accessKeys[0]
                _ = try await engine.store.setAccessKey(key.id, of: "alice", isActive: false)
            }, { _ = try await $0.store.deleteUser(named: "alice") }),
        EngineCrashScenario(
            "documents of a bucket, and their end",
            { _ = try await $0.store.bucket("bucket").setDocument(body(300), .policy) },
            { _ = try await $0.store.bucket("bucket").setDocument(body(9_000), .lifecycle) },
            { try await $0.checkpoint() }, { _ = try await $0.store.bucket("bucket").setDocument(body(2), .policy) },
            { _ = try await $0.store.bucket("bucket").setDocument(nil, .lifecycle) },
            { _ = try await $0.store.deleteBucket("bucket") }, { _ = try await $0.store.createBucket("bucket") }
        ).goingOn(findingNoOrphans),
    ]

    /// No document is left of a bucket that is gone, where nobody would ever look for it.
    private static let findingNoOrphans: Call = { simulated in
        let engine = simulated.store.engine
        let uids = engine.buckets.all.map(\.bucket.row.uid)
        var found: [[UInt8]] = []
        try await engine.forEachRow(in: RowKey.bucketDocumentTable) { (rowKey, _) throws(StoreError) in
            found.append(Array(rowKey.dropFirst().prefix(ObjectRow.uidBytes)))
        }
        guard found.allSatisfy(uids.contains) else { throw CensusFailure("documents are left of a bucket") }
    }
}
