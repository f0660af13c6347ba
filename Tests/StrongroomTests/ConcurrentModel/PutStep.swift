import Foundation

@testable import Strongroom

struct PutStep: Step {
    var place: Place
    var content: Content
    var options: PutOptions

    var places: [Place] { [place] }
    var conflictBucket: BucketName? { place.bucket }

    func run(on store: Store) async throws(StoreError) -> Answer {
        .put(try await store.bucket(place.bucket).put(place.key, content.bytes, options: options))
    }

    func refusals(in world: World) -> [StoreError.Code] {
        world.refusals(of: options.condition, at: place) + world.lockRefusals(options, in: place.bucket)
    }

    func apply(_ done: Done, to world: inout World) -> String? {
        guard case .put(let receipt) = done.answer else { return "a put's receipt was expected" }
        return world.put(content, at: place, options, tags: options.tags.values, receipt, done.commit)
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
