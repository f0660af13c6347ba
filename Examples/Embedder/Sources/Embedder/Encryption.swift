import Strongroom
import StrongroomKeys

/// The code of “Encryption of objects” and of “Changing encryption”.
enum Encryption {
    // EncryptionOfObjects
    func sealed(_ service: KeyBackendTable) async throws {
        var options = StoreOptions()
        options.keyService = KeyServiceOptions(.linked(service))
        let store = try await Store.open(at: "vault", options: options)
        let bucket = try await store.createBucket("letters", defaultEncryption: .kms(key: "alias/app"))
        try await bucket.put(
            "to-ana.txt", [1, 2, 3], options: PutOptions(encryption: .kms(context: ["tenant": "blue"])))
        try await store.close()
    }
    // EncryptionOfObjects

    static func article(_ store: Store) async throws {
        // EncryptionOfObjects
        let vault = try await store.createBucket("vault", allowing: [.customerKeys])
        let key = try CustomerKey.random()  // or CustomerKey(copying:), of bytes that you keep
        let mine = vault.presenting(key)
        try await mine.put("secret.txt", [1, 2, 3])
        print(try await mine.get("secret.txt").collect(upTo: 1 << 20))
        // EncryptionOfObjects
        // ChangingEncryption
        let coverage = try await store.encryptionCoverage()
        for entry in coverage.entries {
            print(entry.mode, entry.keyID ?? "", entry.keyVersion ?? "", entry.objectCount, entry.unlikeDefaultCount)
        }
        // ChangingEncryption
        precondition(coverage.objectCount > 0 && coverage.damagedCount == 0)
        // ChangingEncryption
        try await store.rotateManagedKey()
        var options = RewrapOptions(limit: 10_000, ratePerSecond: 500)
        var report = try await store.rewrapKeys(options)
        while let cursor = report.cursor {
            options.after = cursor
            report = try await store.rewrapKeys(options)
        }
        print(report.rewrappedCount, report.isComplete)
        // ChangingEncryption
        precondition(report.isComplete)
    }
}
