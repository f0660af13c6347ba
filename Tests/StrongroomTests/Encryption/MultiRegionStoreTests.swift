import Foundation
import StrongroomKMSKeys
import StrongroomKeys
import SystemPackage
import Testing

@testable import Strongroom

/// A store that is copied to another region, where the keyring has replicas of its keys.
@Suite("Multi-Region keys and objects") struct MultiRegionStoreTests {
    private static let account = "400000000001"

    private func open(_ path: FilePath, region: String? = nil) async throws -> Store {
        var options = StoreOptions()
        var service = KeyServiceOptions(.linked(KMSKeys.table), deadlineSeconds: 120)
        if let region { service.creationSettings = ["region": region, "account": Self.account] }
        options.keyService = service
        return try await Store.open(at: path, options: options)
    }

    private func ask(_ store: Store, _ request: [String: String]) async throws -> [String: Any] {
        let answer = try await store.controlKeyService(Array(try JSONSerialization.data(withJSONObject: request)))
        return try #require(try JSONSerialization.jsonObject(with: Data(answer)) as? [String: Any])
    }

    @Test("Objects of one region open in a copy of the store with the keyring of another, and no others do")
    func copied() async throws {
        let (home, away) = (try TemporaryDirectory(), try TemporaryDirectory())
        let store = try await open(home.store, region: "eu-west-1")
        let other = try await open(away.store, region: "us-east-1")
        _ = try await ask(other, ["operation": "status"])
        let key = try #require(
            try await ask(store, ["operation": "create-key", "multiRegion": "true"])["keyId"] as? String)
        let single = try #require(try await ask(store, ["operation": "create-key"])["keyId"] as? String)
        let replica = try #require(
            try await ask(
                store, ["operation": "replicate-key", "keyId": key, "replicaRegion": "us-east-1"])["keyId"] as? String)
        #expect(replica == key.replacing("eu-west-1", with: "us-east-1"))
        let bucket = try await store.createBucket("letters")
        try await bucket.put("own", [1], options: PutOptions(encryption: .kms(key: key)))
        try await bucket.put("shared", [2], options: PutOptions(encryption: .kms(key: key, bucketKey: true)))
        try await bucket.put("single", [3], options: PutOptions(encryption: .kms(key: single)))
        try await store.close()
        try await other.close()

        // All of the one keyring but the key service's keys, which are those of the other.
        let target = try TemporaryDirectory()
        let files = FileManager.default
        let (from, to) = (home.store.string, target.store.string)
        try files.copyItem(atPath: from, toPath: to)
        try files.copyItem(atPath: from + ".keyring", toPath: to + ".keyring")
        try files.removeItem(atPath: to + ".keyring/kms")
        try files.copyItem(atPath: away.store.string + ".keyring/kms", toPath: to + ".keyring/kms")
        let copy = try await open(target.store)
        let letters = copy.bucket("letters")
        #expect(try await letters.get("own").collect(upTo: 1) == [1])
        #expect(try await letters.get("shared").collect(upTo: 1) == [2])
        let error = await #expect(throws: StoreError.self) { _ = try await letters.get("single") }
        #expect(error?.code == .keyNotFound)
        guard case .kms(let kms) = try await letters.head("own").encryption else { preconditionFailure("SSE-KMS") }
        #expect(kms.keyID == key)
        // A new object is under a key of this region.
        let refused = await #expect(throws: StoreError.self) {
            try await letters.put("new", [4], options: PutOptions(encryption: .kms(key: key)))
        }
        #expect(refused?.code == .keyNotFound)
        try await letters.put("new", [4], options: PutOptions(encryption: .kms(key: replica)))
        #expect(try await letters.get("new").collect(upTo: 1) == [4])
        // What hangs on the other region's key is asked for by its name.
        let usage = try await copy.keyUsage(of: key)
        #expect(usage.buckets.flatMap(\.versions).reduce(0) { $0 + $1.objectCount } == 2)
        try await rotate(key, of: home, rewrapping: copy)
        for (name, byte) in [("own", 1), ("shared", 2), ("new", 4)] as [(ObjectKey, UInt8)] {
            #expect(try await letters.get(name).collect(upTo: 1) == [byte])
        }
        try await copy.close()
    }

    /// The story: what was sealed in the other region came back under this region's name of the key, which the store
    /// took for another key's; five of those, and the key service was asked no more.
    private func rotate(_ key: String, of home: TemporaryDirectory, rewrapping copy: Store) async throws {
        let primary = try await open(home.store)
        _ = try await ask(primary, ["operation": "rotate-key", "keyId": key])
        let report = try await copy.rewrapKeys()
        // Two objects and a Bucket Key; the single-Region key is not there.
        #expect(report.rewrappedCount == 3 && report.failures.map(\.place) == [#""letters/single""#], "\(report)")
        let again = try await copy.rewrapKeys()
        #expect(again.rewrappedCount == 0 && again.failures.count == 1, "\(again)")
        try await primary.close()
    }
}
