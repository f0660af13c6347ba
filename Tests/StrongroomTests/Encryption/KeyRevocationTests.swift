import StrongroomKMSKeys
import StrongroomKeys
import Testing

@testable import Strongroom

/// A right that ends while objects, Bucket Keys and an upload use the key: at once where the service is asked each
/// time, within the Bucket Key's lifetime where it is not; and all is there again once the right is given back.
@Suite("Rights that end")
struct KeyRevocationTests {
    /// How somebody loses the use of a key.
    enum Loss: String, CaseIterable { case revokedGrant, disabledKey, scheduledDeletion }

    private let directory: TemporaryDirectory
    private static let eve = Caller(principal: "arn:aws:iam::444455556666:user/eve", account: "444455556666")

    init() throws { directory = try TemporaryDirectory() }

    private func open() async throws -> Store {
        var options = StoreOptions()
        options.keyService = KeyServiceOptions(.linked(KMSKeys.table), deadlineSeconds: 120)
        options.keyService?.bucketKeyLifetimeSeconds = 1
        return try await Store.open(at: directory.store, options: options)
    }

    private func ask(_ store: Store, _ request: [String: JSONValue]) async throws -> [String: JSONValue] {
        try JSONValue.object(parsing: try await store.controlKeyService(JSONValue.object(request).encoded()))
    }

    private func text(_ value: JSONValue?) throws -> String {
        guard case .string(let text)? = value else { throw KeyBackendError(.moduleFault, "no text") }
        return text
    }

    /// Eve, of another account, may use the key by this grant alone.
    private func grant(_ key: String, _ store: Store) async throws -> String {
        let answer = try await ask(
            store,
            [
                "operation": .string("create-grant"), "keyId": .string(key),
                "granteePrincipal": .string(Self.eve.principal),
                "operations": .array(["GenerateDataKey", "Decrypt"].map(JSONValue.string)),
                "encryptionContextSubset": .object(["aws:s3:arn": .string("arn:aws:s3:::bucket/own")]),
            ])
        let bucket = try await ask(
            store,
            [
                "operation": .string("create-grant"), "keyId": .string(key),
                "granteePrincipal": .string(Self.eve.principal),
                "operations": .array(["GenerateDataKey", "Decrypt"].map(JSONValue.string)),
                "encryptionContextSubset": .object(["aws:s3:arn": .string("arn:aws:s3:::bucket")]),
            ])
        return try text(answer["grantId"]) + " " + text(bucket["grantId"])
    }

    private func lose(_ loss: Loss, _ key: String, _ grants: String, _ store: Store) async throws {
        switch loss {
        case .revokedGrant:
            for grant in grants.split(separator: " ") {
                _ = try await ask(
                    store,
                    ["operation": .string("revoke-grant"), "keyId": .string(key), "grantId": .string(String(grant))])
            }
        case .disabledKey: _ = try await ask(store, ["operation": .string("disable-key"), "keyId": .string(key)])
        case .scheduledDeletion:
            _ = try await ask(store, ["operation": .string("schedule-key-deletion"), "keyId": .string(key)])
        }
    }

    private func restore(_ loss: Loss, _ key: String, _ store: Store) async throws {
        if loss == .revokedGrant { return _ = try await grant(key, store) }
        if loss == .scheduledDeletion {
            _ = try await ask(store, ["operation": .string("cancel-key-deletion"), "keyId": .string(key)])
        }
        _ = try await ask(store, ["operation": .string("enable-key"), "keyId": .string(key)])
    }

    private func code(_ body: () async throws(StoreError) -> Void) async -> StoreError.Code? {
        do throws(StoreError) {
            try await body()
            return nil
        } catch {
            return error.code
        }
    }

    @Test(arguments: Loss.allCases) func aRightThatEndsIsRefusedInTimeAndComesBack(_ loss: Loss) async throws {
        let store = try await open()
        let key = try text(try await ask(store, ["operation": .string("create-key")])["keyId"])
        let grants = try await grant(key, store)
        let root = try await store.createBucket("bucket", defaultEncryption: .kms(key: key))
        let eve = store.acting(as: Self.eve).bucket("bucket")
        let shared = PutOptions(encryption: .kms(key: key, bucketKey: true))
        try await root.put("unlike", [9])
        try await eve.put("own", [1])
        try await eve.put("shared", [2], options: shared)
        // Her grant is for one object and for Bucket Keys, and for nothing else.
        #expect(await code { () throws(StoreError) in _ = try await eve.get("unlike") } == .accessDenied)

        let refusal: StoreError.Code
        switch loss {
        case .revokedGrant: refusal = .accessDenied
        case .disabledKey: refusal = .keyDisabled
        case .scheduledDeletion: refusal = .invalidKeyState
        }
        try await lose(loss, key, grants, store)
        #expect(await code { () throws(StoreError) in _ = try await eve.get("own") } == refusal)
        #expect(await code { () throws(StoreError) in try await eve.put("own", [3]) } == refusal)
        #expect(await code { () throws(StoreError) in _ = try await eve.createUpload("own") } == refusal)
        try await Task.sleep(for: .milliseconds(1_100))
        #expect(await code { () throws(StoreError) in _ = try await eve.get("shared") } == refusal)
        #expect(
            await code { () throws(StoreError) in try await eve.put("shared", [3], options: shared) } == refusal)

        try await restore(loss, key, store)
        #expect(try await eve.get("own").collect(upTo: 1) == [1])
        #expect(try await eve.get("shared").collect(upTo: 1) == [2])
        try await eve.put("own", [4])
        try await store.close()
    }

    /// An upload has a key of its own from the start; whoever may not use that key any more neither adds nor completes.
    @Test(arguments: Loss.allCases) func anUploadEndsWithTheRight(_ loss: Loss) async throws {
        let store = try await open()
        let key = try text(try await ask(store, ["operation": .string("create-key")])["keyId"])
        let grants = try await grant(key, store)
        _ = try await store.createBucket("bucket", defaultEncryption: .kms(key: key))
        let eve = store.acting(as: Self.eve).bucket("bucket")
        let upload = try await eve.createUpload("own")
        let part = try await eve.uploadPart(1, of: "own", upload.id, [1, 2, 3])
        try await lose(loss, key, grants, store)
        #expect(
            await code { () throws(StoreError) in
                _ = try await eve.uploadPart(2, of: "own", upload.id, [4])
            } != nil)
        try await restore(loss, key, store)
        _ = try await eve.completeUpload(
            "own", upload.id, parts: [CompletedPart(number: 1, etag: part.etag)])
        #expect(try await eve.get("own").collect(upTo: 3) == [1, 2, 3])
        try await store.close()
    }
}
