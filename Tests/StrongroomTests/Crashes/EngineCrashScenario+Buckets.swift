@testable import Strongroom

extension EngineCrashScenario {
    static let buckets = [
        EngineCrashScenario(
            "buckets come and go", after: { _ in },
            { _ = try await $0.store.createBucket("one") },
            { _ = try await $0.store.createBucket("two", defaultEncryption: .none, versioning: .enabled) },
            { _ = try await $0.store.deleteBucket("one") }),
        EngineCrashScenario(
            "a bucket's settings",
            { _ = try await $0.store.bucket("bucket").setVersioning(.enabled) },
            { _ = try await $0.store.bucket("bucket").setDefaultEncryption(.none) },
            { _ = try await $0.store.bucket("bucket").enableObjectLock() },
            { _ = try await $0.store.bucket("bucket").setVersioning(.enabled) }),
    ]
}
