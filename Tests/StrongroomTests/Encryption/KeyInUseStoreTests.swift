import Foundation
import StrongroomKMSKeys
import StrongroomKeys
import SystemPackage
import Testing

@testable import Strongroom

/// A key of the key service that is to go, and objects under it.
@Suite("Keys in use, and objects")
struct KeyInUseStoreTests {
    @Test("A key is not deleted while object lock keeps an object under it in compliance mode")
    func locked() async throws {
        let directory = try TemporaryDirectory()
        var options = StoreOptions()
        options.keyService = KeyServiceOptions(.linked(KMSKeys.table), deadlineSeconds: 120)
        let store = try await Store.open(at: directory.store, options: options)
        let bucket = try await store.createBucket("vault", objectLock: true)
        let until = Date(timeIntervalSince1970: (Date().timeIntervalSince1970 + 86_400).rounded())

        let key = try await Self.ask(store, ["operation": "create-key"])["keyId"] as? String ?? ""
        let other = try await Self.ask(store, ["operation": "create-key"])["keyId"] as? String ?? ""
        let encryption = EncryptionRequest.kms(key: key, bucketKey: true)
        try await bucket.put(
            "kept", [1, 2, 3],
            options: PutOptions(encryption: encryption, retention: Retention(mode: .compliance, until: until)))
        try await bucket.put(
            "governed", [1, 2],
            options: PutOptions(
                encryption: .kms(key: other), retention: Retention(mode: .governance, until: until)))

        for attempt in 0..<2 {
            if attempt == 1 { try await store.checkpoint() }
            let error = await #expect(throws: StoreError.self) {
                _ = try await Self.ask(store, ["operation": "schedule-key-deletion", "keyId": key])
            }
            #expect(error?.code == .keyInUse)
            #expect(error?.message.contains("\"vault\"") == true)
            #expect(error?.message.contains(until.formatted(.iso8601)) == true, "\(error?.message ?? "")")
        }
        #expect(
            try await Self.ask(store, ["operation": "describe-key", "keyId": key])["state"] as? String == "Enabled")

        // Governance is no obstacle: whoever may bypass it may delete the object. The count is told.
        let answer = try await Self.ask(store, ["operation": "schedule-key-deletion", "keyId": other])
        let dependencies = try #require(answer["dependencies"] as? [String: Any])
        #expect(answer["state"] as? String == "PendingDeletion")
        #expect(dependencies["objectCount"] as? Int == 1 && dependencies["bytes"] as? Int == 2)
        #expect(dependencies["lockedCount"] as? Int == 0)
        let places = try #require(dependencies["places"] as? [[String: Any]])
        #expect(places.map { $0["bucket"] as? String } == ["vault"])
        #expect(places.map { $0["store"] as? String } == [directory.store.string])
        try await store.close()
    }

    private static func ask(_ store: Store, _ request: [String: String]) async throws -> [String: Any] {
        let answer = try await store.controlKeyService(Array(try JSONSerialization.data(withJSONObject: request)))
        return try #require(try JSONSerialization.jsonObject(with: Data(answer)) as? [String: Any])
    }
}
