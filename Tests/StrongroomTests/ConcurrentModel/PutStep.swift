import Foundation

@testable import Strongroom

struct PutStep: Step {
    var place: Place
    var content: Content
    var options: PutOptions
    /// By the bucket's handle.
    var presented: CustomerKey?

    var places: [Place] { [place] }

    func run(on store: Store) async throws(StoreError) -> Answer {
        .put(
            try await store.bucket(place.bucket, presenting: presented).put(
                place.key, content.bytes, options: options))
    }

    func basis(in world: World) -> WorldPlan.Basis? {
        world.basis(options.encryption, presenting: presented, in: place.bucket)
    }

    func refusals(bySettingsOf world: World) -> [StoreError.Code] {
        world.settingRefusals(options.encryption, presenting: presented, in: place.bucket)
    }

    func asksKeyService(in world: World) -> Bool {
        world.asksKeyService(options.encryption, presenting: presented, in: place.bucket)
    }

    func refusals(in world: World) -> [StoreError.Code] {
        world.refusals(options, presenting: presented, at: place)
    }

    func apply(_ done: Done, to world: inout World) -> String? {
        guard case .put(let receipt) = done.answer else { return "a put's receipt was expected" }
        let plan = world.plan(options.encryption, presenting: presented, in: place.bucket)
        guard case .encryption(let encryption) = plan else { return "its encryption should have been refused" }
        let write = WorldWrite(
            content: content, options: options, encryption: encryption, tags: options.tags.values,
            etag: options.etag)
        return world.put(write, at: place, receipt, done.commit)
    }
}

extension World {
    /// What is refused for the lock that a new object is to have.
    func lockRefusals(_ options: PutOptions, in bucket: BucketName) -> [StoreError.Code] {
        guard options.retention != nil || options.legalHold else { return [] }
        guard buckets[bucket]?.hasObjectLock == true else { return [.invalidRequest] }
        return options.retention.map { $0.until < Date() } == true ? [.invalidArgument] : []
    }
}
