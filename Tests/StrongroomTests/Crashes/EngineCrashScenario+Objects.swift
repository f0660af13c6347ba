@testable import Strongroom

extension EngineCrashScenario {
    static let objects = [
        EngineCrashScenario(
            "objects of all sizes",
            { _ = try await $0.store.bucket("bucket").put("empty", [UInt8]()) },
            { _ = try await $0.store.bucket("bucket").put("tiny", body(100), options: options) },
            { _ = try await $0.store.bucket("bucket").put("small", body(3000), options: options) },
            { _ = try await $0.store.bucket("bucket").put("large", body(90_000), options: options) }),
        EngineCrashScenario(
            "an object is replaced", after: withObjects,
            { _ = try await $0.store.bucket("bucket").put("object 3", body(100, 2)) },
            { _ = try await $0.store.bucket("bucket").put("object 1", body(20_000, 3)) }),
        EngineCrashScenario(
            "objects are deleted", after: withObjects,
            { _ = try await $0.store.bucket("bucket").delete("object 3") },
            { _ = try await $0.store.bucket("bucket").delete("object 1") }, { try await $0.checkpoint() }),
        EngineCrashScenario(
            "objects are copied", after: withObjects,
            { _ = try await $0.store.bucket("bucket").copy("object 1", to: "copy") },
            { _ = try await $0.store.bucket("bucket").copy("object 3", to: "object 1") },
            { _ = try await $0.store.bucket("bucket").copy("object 3", to: "object 3") }),
        EngineCrashScenario(
            "a batch", after: withObjects,
            { engine in
                _ = try await engine.store.batch { batch in
                    batch.put("new", body(200), in: "bucket")
                    batch.put("object 2", body(2000, 4), in: "bucket")
                    batch.copy("object 1", from: "bucket", to: "copied", in: "bucket")
                    batch.delete("object 0", in: "bucket")
                }
            }),
        EngineCrashScenario(
            "tags", after: withObjects,
            { _ = try await $0.store.bucket("bucket").setTags(["x": "y", "z": ""], of: "object 1") },
            { _ = try await $0.store.bucket("bucket").setTags(.none, of: "object 1") }),
        EngineCrashScenario(
            "a checkpoint between calls", after: withObjects,
            { try await $0.checkpoint() }, { _ = try await $0.store.bucket("bucket").put("object 1", body(300, 9)) },
            { try await $0.checkpoint() }, { _ = try await $0.store.bucket("bucket").delete("object 2") }),
    ]
}
