@testable import Strongroom

extension EngineCrashScenario {
    static let keys = [
        EngineCrashScenario(
            "keys are rotated and data keys wrapped anew", isAtomic: false, after: withObjects,
            { try await $0.store.rotateManagedKey() }, { _ = try await $0.store.rewrapKeys() },
            { try await $0.checkpoint() }),
        EngineCrashScenario(
            "objects under keys of a key service",
            { _ = try await $0.store.bucket("bucket").put("a", body(100), options: under(.kms(key: "app"))) },
            { engine in
                let context = ["tenant": "blue"]
                _ = try await engine.store.bucket("bucket").put(
                    "b", body(9000), options: under(.kms(key: "other", context: context)))
            },
            { try await $0.checkpoint() }, { _ = try await $0.store.bucket("bucket").copy("b", to: "a") }),
        EngineCrashScenario(
            "objects under a Bucket Key", after: withBucketKey,
            { _ = try await $0.store.bucket("bucket").put("a", body(100)) },
            { _ = try await $0.store.bucket("bucket").put("b", body(3000)) },
            { _ = try await $0.store.bucket("bucket").delete("a") }, { try await $0.checkpoint() }),
        EngineCrashScenario(
            "objects are put under other keys in place", after: withObjects,
            { _ = try await $0.store.bucket("bucket").updateEncryption(of: "object 1", toKey: "app") },
            { _ = try await $0.store.bucket("bucket").updateEncryption(of: "object 3", toKey: "app", bucketKey: true) },
            { _ = try await $0.store.bucket("bucket").updateEncryption(of: "object 1", toKey: "other") }),
        EngineCrashScenario(
            "objects are resealed", isAtomic: false, after: withObjects,
            { _ = try await $0.store.bucket("bucket").setDefaultEncryption(.kms(key: "app", bucketKey: true)) },
            { _ = try await $0.store.bucket("bucket").reseal() }, { try await $0.checkpoint() }),
        EngineCrashScenario(
            "objects get new data keys", isAtomic: false, after: withObjects,
            { engine in
                var options = ResealOptions()
                options.renewsDataKeys = true
                _ = try await engine.store.bucket("bucket").reseal(options)
            }, { try await $0.checkpoint() }),
    ]

    private static func under(_ encryption: EncryptionRequest) -> PutOptions { PutOptions(encryption: encryption) }

    private static let withBucketKey: Call = { engine in
        _ = try await engine.store.createBucket("bucket", defaultEncryption: .kms(key: "app", bucketKey: true))
    }
}
