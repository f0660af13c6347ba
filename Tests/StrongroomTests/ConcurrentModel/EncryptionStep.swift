@testable import Strongroom

struct EncryptionStep: Step {
    var bucket: BucketName
    var encryption: DefaultEncryption

    var places: [Place] { [] }

    func run(on store: Store) async throws(StoreError) -> Answer {
        .changed(try await store.bucket(bucket).setDefaultEncryption(encryption))
    }

    func apply(_ done: Done, to world: inout World) -> String? {
        world.buckets[bucket]?.defaultEncryption = encryption
        return nil
    }
}

extension WorldBucket {
    /// Whether what is written now is sealed.
    func seals(_ request: EncryptionRequest) -> Bool {
        switch request {
        case .s3Managed, .kms, .customerKey: true
        case .none: false
        case .bucketDefault: defaultEncryption != .none
        }
    }
}
