import Foundation
import Testing

@testable import Strongroom

extension EngineCrashScenario {
    static let versions = [
        EngineCrashScenario(
            "versions and delete markers", after: withVersions,
            { _ = try await $0.store.bucket("bucket").put("a", body(9000, 7)) },
            { _ = try await $0.store.bucket("bucket").delete("a") },
            { _ = try await $0.store.bucket("bucket").put("a", [8]) }),
        EngineCrashScenario(
            "a version is deleted", after: withVersions,
            { engine in
                let bucket = engine.store.bucket("bucket")
                _ = try await bucket.delete("a", version: try await bucket.head("a").versionID)
            },
            { _ = try await $0.store.bucket("bucket").delete("a") },
            { engine in
                let bucket = engine.store.bucket("bucket")
                let marker = try #require(try await bucket.listVersions().entries.first { $0.isDeleteMarker })
                _ = try await bucket.delete("a", version: marker.versionID)
            }),
        EngineCrashScenario(
            "versioning is suspended", after: withVersions,
            { _ = try await $0.store.bucket("bucket").setVersioning(.suspended) },
            { _ = try await $0.store.bucket("bucket").put("a", [9]) },
            { _ = try await $0.store.bucket("bucket").put("a", [10]) },
            { _ = try await $0.store.bucket("bucket").delete("a") }),
        EngineCrashScenario(
            "locks",
            after: { engine in
                let bucket = try await engine.store.createBucket("bucket", versioning: .enabled, objectLock: true)
                try await bucket.put("a", body(50))
            },
            { _ = try await $0.store.bucket("bucket").setLegalHold(true, of: "a") },
            { engine in
                let end = Date(timeIntervalSince1970: 4_000_000_000)
                _ = try await engine.store.bucket("bucket").setRetention(
                    Retention(mode: .compliance, until: end), of: "a")
            },
            { _ = try await $0.store.bucket("bucket").setLegalHold(false, of: "a") }
        ),
    ]
}
