@testable import Strongroom

struct TagsStep: Step {
    var place: Place
    var version: VersionID?
    var tags: ObjectTags
    /// By the bucket's handle; of no account, for tags need no key.
    var presented: CustomerKey?

    var places: [Place] { [place] }

    func run(on store: Store) async throws(StoreError) -> Answer {
        .changed(
            try await store.bucket(place.bucket, presenting: presented).setTags(
                tags, of: place.key, version: version))
    }

    func refusals(in world: World) -> [StoreError.Code] {
        if case .refused(let code) = world.find(place, version) { [code] } else { [] }
    }

    func apply(_ done: Done, to world: inout World) -> String? {
        world.change(place, version) { object in
            object.tags = tags.values
            object.info.tagCount = tags.values.count
        }
        return nil
    }
}
