@testable import Strongroom

/// Allows or blocks customer keys. What is under one is read all the same; uploads under one stand still.
struct AllowedEncryptionStep: Step {
    var bucket: BucketName
    var allowsCustomerKeys: Bool

    var places: [Place] { [] }
    var changedBucket: BucketName? { bucket }

    func run(on store: Store) async throws(StoreError) -> Answer {
        .changed(try await store.bucket(bucket).setAllowedEncryption(allowsCustomerKeys ? [.customerKeys] : []))
    }

    func apply(_ done: Done, to world: inout World) -> String? {
        world.buckets[bucket]?.allowsCustomerKeys = allowsCustomerKeys
        return nil
    }
}
