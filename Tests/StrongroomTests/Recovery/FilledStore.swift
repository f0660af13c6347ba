import Foundation
import StrongroomSystem
import SystemPackage

@testable import Strongroom

/// A closed store with something of every kind in it.
struct FilledStore {
    let directory: TemporaryDirectory
    /// What its users saw.
    let census: StoreCensus

    static var options: StoreOptions {
        var options = StoreOptions.forTests
        options.partMinimumBytes = 1_000
        return options
    }

    init(seed: UInt64 = 1, body: ((Store) async throws -> Void)? = nil) async throws {
        directory = try TemporaryDirectory()
        let store = try await Store.open(at: directory.store, options: Self.options)
        var generator = SeededGenerator(seed: seed)
        try await Self.fill(store, &generator)
        try await body?(store)
        census = try await StoreCensus(of: store)
        try await store.close()
    }

    private static func fill(_ store: Store, _ generator: inout SeededGenerator) async throws {
        let plain = try await store.createBucket("plain")
        let locked = try await store.createBucket("locked", objectLock: true)
        for number in 0..<24 {
            let size = [0, 40, 500, 5_000, 40_000, 300_000][number % 6]
            let options = PutOptions(contentType: "text/plain", metadata: ["number": "\(number)"])
            try await plain.put(ObjectKey("object \(number)"), generator.bytes(size), options: options)
            try await locked.put(ObjectKey("object \(number % 4)"), generator.bytes(size))
        }
        try await store.createUser(named: "alice", isAdministrator: true)
        _ = try await store.createAccessKey(of: "alice")
        try await plain.setDocument(generator.bytes(900), .policy)
        try await store.checkpoint()
        try await store.createUser(named: "bob")
        try await store.setUserPolicy(UserFixture.policy, named: "read", of: "bob")
        _ = try await store.createAccessKey(of: "bob")
        try await locked.setDocument(generator.bytes(20_000), .lifecycle)
        try await plain.setTags(ObjectTags(checked: ["color": "red"]), of: "object 3")
        try await plain.delete("object 4")
        try await locked.delete("object 2")
        try await locked.setLegalHold(true, of: "object 1")
        try await locked.setRetention(
            Retention(mode: .compliance, until: Date(timeIntervalSinceNow: 86_400)), of: "object 0")
        let upload = try await plain.createUpload("parts").id
        let parts = [
            try await plain.uploadPart(1, of: "parts", upload, generator.bytes(200_000)),
            try await plain.uploadPart(2, of: "parts", upload, generator.bytes(3_000)),
        ]
        try await plain.completeUpload("parts", upload, parts: parts.map { CompletedPart($0) })
        let open = try await plain.createUpload("unfinished").id
        try await plain.uploadPart(1, of: "unfinished", open, generator.bytes(2_000))
    }

    /// What the users of the store at `path` see; nothing may be wrong with it.
    static func soundCensus(at path: FilePath, _ options: StoreOptions = options) async throws -> StoreCensus {
        let store = try await Store.open(at: path, options: options)
        let census = try await StoreCensus(of: store)
        let report = try await store.verify(readingData: true)
        try await store.close()
        guard report.isSound else { throw CensusFailure("\(report.findings)") }
        return census
    }
}
