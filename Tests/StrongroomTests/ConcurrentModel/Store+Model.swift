@testable import Strongroom

extension Store {
    /// The bucket as one sees it who presents that key, if any.
    func bucket(_ name: BucketName, presenting key: CustomerKey?) -> Bucket {
        key.map { bucket(name).presenting($0) } ?? bucket(name)
    }

    /// The buckets as they are before the first step.
    func make(_ buckets: [BucketName: WorldBucket]) async throws {
        for (name, bucket) in buckets.sorted(by: { $0.key < $1.key }) {
            try await createBucket(
                name, defaultEncryption: bucket.defaultEncryption, versioning: bucket.versioning,
                objectLock: bucket.hasObjectLock, allowing: bucket.allowsCustomerKeys ? [.customerKeys] : [])
        }
    }
}
