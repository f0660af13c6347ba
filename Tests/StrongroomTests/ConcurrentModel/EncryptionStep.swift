@testable import Strongroom

struct EncryptionStep: Step {
    var bucket: BucketName
    var encryption: DefaultEncryption

    var places: [Place] { [] }
    var changedBucket: BucketName? { bucket }

    func run(on store: Store) async throws(StoreError) -> Answer {
        .changed(try await store.bucket(bucket).setDefaultEncryption(encryption))
    }

    func apply(_ done: Done, to world: inout World) -> String? {
        world.buckets[bucket]?.defaultEncryption = encryption
        return nil
    }
}
