@testable import Strongroom

struct VersioningStep: Step {
    var bucket: BucketName
    var versioning: Versioning

    var places: [Place] { [] }
    var changedBucket: BucketName? { bucket }

    func run(on store: Store) async throws(StoreError) -> Answer {
        .changed(try await store.bucket(bucket).setVersioning(versioning))
    }

    func refusals(in world: World) -> [StoreError.Code] {
        guard versioning != .unversioned else { return [.invalidArgument] }
        guard versioning == .suspended else { return [] }
        return world.buckets[bucket]?.hasObjectLock == true ? [.invalidBucketState] : []
    }

    func apply(_ done: Done, to world: inout World) -> String? {
        world.buckets[bucket]?.versioning = versioning
        return nil
    }
}
