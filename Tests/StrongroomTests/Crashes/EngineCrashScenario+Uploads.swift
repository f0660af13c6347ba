import Testing

@testable import Strongroom

extension EngineCrashScenario {
    static let uploads = [
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
        EngineCrashScenario(
            "parts are copied, and the upload is completed afterwards", after: withParts,
            { engine in
                let bucket = engine.store.bucket("bucket")
                let upload = try #require(try await bucket.listUploads().uploads.first)
                _ = try await bucket.uploadPart(2, of: "big", upload.id, copying: "big")
            },
            { engine in
                let bucket = engine.store.bucket("bucket")
                let upload = try #require(try await bucket.listUploads().uploads.first)
                _ = try await bucket.uploadPart(4, of: "big", upload.id, copying: "big", range: 10..<150)
            }, { try await $0.checkpoint() }, { try await putPart(3, 7000, $0) }
        ).goingOn(completing),
    ]

    /// What was found of the parts becomes the object, byte for byte.
    private static let completing: Call = { engine in
        let bucket = engine.store.bucket("bucket")
        let upload = try #require(try await bucket.listUploads().uploads.first)
        let parts = try await bucket.listParts("big", upload.id).parts
        _ = try await bucket.completeUpload(
            "big", upload.id, parts: parts.map { CompletedPart(number: $0.number, etag: $0.etag) })
        let known: [[[UInt8]]] = [
            [body(5000, 1)], [body(5000, 2), body(200)], [body(5000, 3), body(7000, 3)], [Array(body(200)[10..<150])],
        ]
        var found = try await bucket.get("big").collect(upTo: 1 << 20)[...]
        for part in parts {
            let bytes = Array(found.prefix(Int(part.sizeBytes)))
            guard known[part.number - 1].contains(bytes) else {
                throw CensusFailure("part \(part.number) of the completed object is not what was uploaded")
            }
            found = found.dropFirst(bytes.count)
        }
        guard found.isEmpty, parts.count >= 3 else { throw CensusFailure("the completed object lacks parts") }
    }

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
}
