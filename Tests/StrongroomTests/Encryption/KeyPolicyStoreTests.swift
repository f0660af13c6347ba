import StrongroomKMSKeys
import StrongroomKeys
import Testing

@testable import Strongroom

/// A key's policy, as the objects under the key see it: refused at once, or within a Bucket Key's lifetime.
@Suite("Key policies and objects")
struct KeyPolicyStoreTests {
    private let directory: TemporaryDirectory
    private static let ana = Caller(principal: "arn:aws:iam::000000000000:user/ana", account: "000000000000")
    private static let eve = Caller(principal: "arn:aws:iam::000000000000:user/eve", account: "000000000000")

    init() throws { directory = try TemporaryDirectory() }

    private func open() async throws -> Store {
        var options = StoreOptions()
        options.keyService = KeyServiceOptions(.linked(KMSKeys.table), deadlineSeconds: 120)
        options.keyService?.bucketKeyLifetimeSeconds = 1
        return try await Store.open(at: directory.store, options: options)
    }

    private func put(_ policy: String, _ store: Store) async throws {
        let escaped = policy.replacing("\"", with: "\\\"")
        _ = try await store.controlKeyService(
            Array(#"{"operation":"put-key-policy","keyId":"\#(try await keyID(store))","policy":"\#(escaped)"}"#.utf8))
    }

    private func keyID(_ store: Store) async throws -> String {
        let bucket = store.bucket("bucket")
        guard case .kms(let kms) = try await bucket.head("plain").encryption else { preconditionFailure("SSE-KMS") }
        return kms.keyID
    }

    /// Administration by the root; what `users` may do with the key.
    private func policy(_ users: [Caller]) -> String {
        let principals = users.map { "\"\($0.principal)\"" }.joined(separator: ",")
        let root =
            #"{"Effect":"Allow","Principal":{"AWS":"000000000000"},"Action":"kms:*","Resource":"*","#
            + #""Condition":{"ArnEquals":{"aws:PrincipalArn":"arn:aws:iam::000000000000:root"}}}"#
        let others =
            #"{"Effect":"Allow","Principal":{"AWS":[\#(principals)]},"Action":["kms:GenerateDataKey","#
            + #""kms:Decrypt"],"Resource":"*","#
            // Through the store, and in no other way.
            + #""Condition":{"StringEquals":{"kms:ViaService":"s3.us-east-1.amazonaws.com"}}}"#
        return #"{"Version":"2012-10-17","Statement":[\#(users.isEmpty ? root : root + "," + others)]}"#
    }

    private func code(_ body: () async throws(StoreError) -> Void) async -> StoreError.Code? {
        do throws(StoreError) {
            try await body()
            return nil
        } catch {
            return error.code
        }
    }

    @Test func aChangedPolicyIsObeyed() async throws {
        let store = try await open()
        let bucket = try await store.createBucket("bucket", defaultEncryption: .kms())
        try await bucket.put("plain", [1])
        try await bucket.put("shared", [2], options: PutOptions(encryption: .kms(bucketKey: true)))
        let (ana, eve) = (store.acting(as: Self.ana).bucket("bucket"), store.acting(as: Self.eve).bucket("bucket"))
        try await put(policy([Self.ana, Self.eve]), store)
        for reader in [bucket, ana, eve] {
            #expect(try await reader.get("plain").collect(upTo: 1) == [1])
            #expect(try await reader.get("shared").collect(upTo: 1) == [2])
            try await reader.put("own", [3])
        }
        try await put(policy([Self.ana]), store)
        // At once where the service is asked each time; within the lifetime where a key of hers is open.
        #expect(await code { () throws(StoreError) in _ = try await eve.get("plain") } == .accessDenied)
        #expect(await code { () throws(StoreError) in try await eve.put("own", [4]) } == .accessDenied)
        try await Task.sleep(for: .milliseconds(1_100))
        #expect(await code { () throws(StoreError) in _ = try await eve.get("shared") } == .accessDenied)
        let shared = PutOptions(encryption: .kms(bucketKey: true))
        #expect(
            await code { () throws(StoreError) in try await eve.put("own", [4], options: shared) } == .accessDenied)
        #expect(try await ana.get("shared").collect(upTo: 1) == [2])
        // What needs no key she may do, and nothing of what she may not was lost.
        #expect(try await eve.head("plain").sizeBytes == 1)
        #expect(try await ana.get("own").collect(upTo: 1) == [3])
        try await put(policy([Self.ana, Self.eve]), store)
        #expect(try await eve.get("shared").collect(upTo: 1) == [2])
        try await store.close()
        // It is the key's, not the process's.
        let again = try await open()
        try await put(policy([]), again)
        #expect(
            await code { () throws(StoreError) in
                _ = try await again.acting(as: Self.ana).bucket("bucket").get("plain")
            } == .accessDenied)
        #expect(try await again.rewrapKeys().isComplete)
        try await again.close()
    }
}
