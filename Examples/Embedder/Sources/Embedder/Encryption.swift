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
        let pace = ResealOptions(limit: 1_000, bytesPerSecond: 100 << 20)
        let sealed = try await vault.reseal(pace) { print($0.changedCount, "done") }
        for finding in sealed.untouchable { print(finding.place, finding.reason) }
        print(sealed.isComplete, sealed.cursor?.description ?? "all was gone through")
        // ChangingEncryption
        precondition(sealed.isComplete && sealed.untouchable.count == 1)
        try await refused(vault)
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

    /// What was left out of the build is refused with the remedy, and never replaced by something less.
    private static func refused(_ bucket: Bucket) async throws {
        let options = PutOptions(encryption: .kmsDualLayer())
        for isPut in [true, false] {
            do throws(StoreError) {
                if isPut {
                    try await bucket.put("two-layers", [1], options: options)
                } else {
                    try await bucket.setDefaultEncryption(.kmsDualLayer())
                }
                preconditionFailure("DSSE-KMS without the trait")
            } catch {
                precondition(error.code == .encryptionUnavailable && error.message.contains("DualLayer"))
            }
        }
    }
}
