import Foundation
import Testing

@testable import Strongroom

/// Calls of a store's users, before each change of whose disk power is made to fail.
struct EngineCrashScenario: Sendable, CustomTestStringConvertible {
    typealias Call = @Sendable (SimulatedEngine) async throws -> Void

    let name: String
    /// Whether a call is one commit: then all of it is there or nothing.
    var isAtomic = true
    let prepare: Call
    let calls: [Call]

    var testDescription: String { name }

    init(
        _ name: String, isAtomic: Bool = true, after prepare: @escaping Call = EngineCrashScenario.withBucket,
        _ calls: Call...
    ) {
        self.name = name
        self.isAtomic = isAtomic
        self.prepare = prepare
        self.calls = calls
    }

    static let withBucket: Call = { _ = try await $0.store.createBucket("bucket") }

    static let withVersions: Call = { engine in
        let bucket = try await engine.store.createBucket("bucket", versioning: .enabled)
        for number in 0..<3 { try await bucket.put("a", [UInt8(number)]) }
    }

    private static let withObjects: Call = { engine in
        let bucket = try await engine.store.createBucket("bucket")
        for (number, length) in [0, 100, 3000, 20_000].enumerated() {
            try await bucket.put(ObjectKey("object \(number)"), body(length), options: options)
        }
    }

    private static var options: PutOptions {
        PutOptions(contentType: "text/plain", metadata: ["a": "b"], tags: ["tag": "value"])
    }

    static func body(_ length: Int, _ seed: UInt8 = 1) -> [UInt8] {
        (0..<length).map { UInt8(truncatingIfNeeded: $0) ^ seed }
    }

    static let all = buckets + objects + versions + uploads + keys
}

extension EngineCrashScenario {
    private static let buckets = [
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

    private static let objects = [
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

    private static let versions = [
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

    private static let uploads = [
        EngineCrashScenario(
            "an upload in parts",
            { _ = try await $0.store.bucket("bucket").createUpload("big") }, { try await putPart(1, 6000, $0) },
            { try await putPart(2, 20_000, $0) }, { try await putPart(3, 0, $0) }, { try await putPart(2, 10, $0) },
            { try await $0.checkpoint() }),
        EngineCrashScenario(
            "an upload is completed", after: withParts,
            { engine in
                let bucket = engine.store.bucket("bucket")
                let upload = try #require(try await bucket.listUploads().uploads.first)
                let parts = try await bucket.listParts("big", upload.id).parts
                _ = try await bucket.completeUpload(
                    "big", upload.id, parts: parts.map { CompletedPart(number: $0.number, etag: $0.etag) })
            }, { try await $0.checkpoint() }, { _ = try await $0.store.bucket("bucket").delete("big") },
            { try await $0.checkpoint() }),
        EngineCrashScenario(
            "an upload is given up", after: withParts,
            { engine in
                let bucket = engine.store.bucket("bucket")
                let upload = try #require(try await bucket.listUploads().uploads.first)
                _ = try await bucket.abortUpload("big", upload.id)
            }, { try await $0.checkpoint() }),
    ]

    private static func putPart(_ number: Int, _ length: Int, _ engine: SimulatedEngine) async throws {
        let bucket = engine.store.bucket("bucket")
        let upload = try #require(try await bucket.listUploads().uploads.first)
        _ = try await bucket.uploadPart(number, of: "big", upload.id, body(length, UInt8(number)))
    }

    private static let withParts: Call = { engine in
        let bucket = try await engine.store.createBucket("bucket")
        try await bucket.put("big", body(200))
        let upload = try await bucket.createUpload("big").id
        for number in 1...3 { _ = try await bucket.uploadPart(number, of: "big", upload, body(5000, UInt8(number))) }
    }

    private static let keys = [
        EngineCrashScenario(
            "keys are rotated and data keys wrapped anew", isAtomic: false, after: withObjects,
            { try await $0.store.rotateManagedKey() }, { _ = try await $0.store.rewrapKeys() },
            { try await $0.checkpoint() })
    ]
}
