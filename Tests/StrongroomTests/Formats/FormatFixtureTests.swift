import Foundation
import StrongroomCrypto
import StrongroomSystem
import SystemPackage
import Testing

@testable import Strongroom

/// What a program of any format has written opens for ever.
///
/// Fixtures of the present format are made by `STRONGROOM_MAKE_FIXTURES=1`, once, before the format is released; those
/// that are there are never made anew.
@Suite("Fixtures of all formats")
struct FormatFixtureTests {
    private static let seeds = 0...40

    /// Of the one customer whose objects are in the fixtures.
    private static func customerKey() throws -> CustomerKey {
        let bytes = [UInt8](repeating: 0x5C, count: 32)
        // Safe: a UInt8 is raw bytes.
        return try CustomerKey(SharedSecret(try SecretBytes(copying: unsafe bytes.span.bytes)))
    }

    @Test(
        "a store of an earlier program opens, has everything, and goes on",
        arguments: 1...StoreDescription.currentFormat, FormatFixture.kinds)
    func opens(format: Int, kind: String) async throws {
        let directory = try TemporaryDirectory()
        let fixture = try FormatFixture.unpack(FormatFixture.folder(format: format, kind), into: directory.path)
        #expect(fixture.versions.count > 20)
        let key = try Self.customerKey()
        var store = try await Store.open(at: directory.store, options: FormatFixture.options)
        for _ in 0..<2 {
            let found = try await FormatFixture.Version.all(of: store, customerKey: key, seeds: Self.seeds)
            #expect(found == fixture.versions)
            let report = try await store.verify(readingData: true)
            #expect(report.isSound, "\(report.findings)")
            try await store.close()
            store = try await Store.open(at: directory.store, options: FormatFixture.options)
        }
        let bucket = store.bucket("plain")
        try await bucket.put("after", [1, 2, 3])
        let upload = try #require(try await bucket.listUploads().uploads.first)
        let parts = try await bucket.listParts(upload.key, upload.id).parts
        try await bucket.completeUpload(upload.key, upload.id, parts: parts.map { CompletedPart($0) })
        #expect(try await bucket.get(upload.key).collect(upTo: 1 << 20) == FormatFixture.body(2_000, seed: 40))
        #expect(try await store.listConsumers().map(\.name) == ["follower"])
        try await store.close()
    }

    @Test(
        "makes the fixtures of the present format where there are none",
        .enabled(if: ProcessInfo.processInfo.environment["STRONGROOM_MAKE_FIXTURES"] != nil),
        arguments: FormatFixture.kinds)
    func make(kind: String) async throws {
        let folder = FormatFixture.folder(format: StoreDescription.currentFormat, kind)
        try #require(!FileManager.default.fileExists(atPath: folder.path), "a fixture is made once, for ever")
        let directory = try TemporaryDirectory()
        let store = try await Store.open(at: directory.store, options: FormatFixture.options)
        let key = try Self.customerKey()
        try await Self.fill(store, key)
        let versions = try await FormatFixture.Version.all(of: store, customerKey: key, seeds: Self.seeds)
        if kind == "closed" { try await store.close() }
        // Nothing is under way: what is there is what would be there had the process been killed.
        try FormatFixture.take(directory.path, versions, to: folder)
        if kind != "closed" { try await store.close() }
    }

    /// Something of every kind: all homes and modes, versions, markers, tags, locks, parts, an open upload, a consumer.
    private static func fill(_ store: Store, _ key: CustomerKey) async throws {
        let plain = try await store.createBucket("plain")
        try await plain.setAllowedEncryption([.customerKeys])
        _ = try await store.consumer(named: "follower")
        let sizes = [0, 40, 500, 5_000, 20_000]
        let modes: [EncryptionRequest] = [
            .none, .s3Managed, .kms(context: ["tenant": "blue"]), .kms(bucketKey: true),
        ]
        var seed = 0
        for (number, mode) in modes.enumerated() {
            for size in sizes {
                var options = PutOptions(encryption: mode, contentType: "text/plain", metadata: ["mode": "\(number)"])
                options.tags = try ObjectTags(["size": "\(size)"])
                try await plain.put(
                    ObjectKey("mode \(number)/\(size)"), FormatFixture.body(size, seed: seed), options: options)
                seed += 1
            }
        }
        try await plain.presenting(key).put(
            "customer's", FormatFixture.body(600, seed: 31), options: PutOptions(encryption: .customerKey(key)))
        try await store.checkpoint()
        let locked = try await store.createBucket("locked", objectLock: true)
        for round in 32..<35 { try await locked.put("versions", FormatFixture.body(300, seed: round)) }
        try await locked.setLegalHold(true, of: "versions")
        try await locked.put("kept", FormatFixture.body(7_000, seed: 35))
        try await locked.setRetention(
            Retention(mode: .compliance, until: Date(timeIntervalSince1970: 7_000_000_000)), of: "kept")
        try await locked.delete("versions")
        let upload = try await plain.createUpload("parts").id
        let parts = [try await plain.uploadPart(1, of: "parts", upload, FormatFixture.body(12_000, seed: 36))]
        try await plain.completeUpload("parts", upload, parts: parts.map { CompletedPart($0) })
        let open = try await plain.createUpload("unfinished").id
        try await plain.uploadPart(1, of: "unfinished", open, FormatFixture.body(2_000, seed: 40))
        try await store.rotateManagedKey()
        try await plain.put("after a rotation", FormatFixture.body(100, seed: 37))
        try await plain.delete("mode 1/500")
    }
}
