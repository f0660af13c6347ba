@testable import Strongroom

/// Copies an object: what it read of the source is of some moment while it ran, and it says what of its commit's.
struct CopyStep: Step {
    var source: Place
    var place: Place
    var options: CopyOptions

    var places: [Place] { [source, place] }
    var conflictBucket: BucketName? { place.bucket }

    func run(on store: Store) async throws(StoreError) -> Answer {
        .put(
            try await store.bucket(place.bucket).copy(
                source.key, from: store.bucket(source.bucket), to: place.key, options: options))
    }

    private func sourceRefusals(in world: World) -> [StoreError.Code] {
        ReadStep(place: source, version: options.sourceVersion, part: .head, conditions: options.sourceConditions)
            .refusals(in: world)
    }

    func refusals(in world: World) -> [StoreError.Code] {
        sourceRefusals(in: world) + refusalsAtCommit(in: world)
    }

    func refusalsAtCommit(in world: World) -> [StoreError.Code] {
        let lock = PutOptions(retention: options.retention, legalHold: options.legalHold)
        return world.refusals(of: options.condition, at: place) + world.lockRefusals(lock, in: place.bucket)
    }

    func apply(_ done: Done, to world: inout World) -> String? {
        guard case .put(let receipt) = done.answer else { return "a put's receipt was expected" }
        let seen = done.past.compactMap { past -> WorldObject? in
            guard sourceRefusals(in: past).isEmpty, case .object(let object) = past.find(source, options.sourceVersion)
            else { return nil }
            return object.content.objection(to: receipt.checksums, receipt.sizeBytes) == nil ? object : nil
        }
        guard let object = seen.last else { return "the source was never what was copied" }
        let put = options.putOptions(object.info, ObjectTags(checked: object.tags ?? [:]))
        var tags: [String: String]? = put.tags.values
        if case .copy = options.tags, Set(seen.map(\.tags)).count > 1 || object.tags == nil { tags = nil }
        if let objection = world.put(object.content, at: place, put, tags: tags, receipt, done.commit) {
            return objection
        }
        if case .copy = options.metadata, object.isVague || Set(seen.map(Said.init)).count > 1 {
            world.change(place, nil) { $0.isVague = true }
        }
        return nil
    }

    /// What a copy takes along beside the bytes and the tags.
    private struct Said: Hashable {
        var contentType: String?
        var headers: ContentHeaders
        var metadata: [String: String]

        init(_ object: WorldObject) {
            (contentType, headers) = (object.info.contentType, object.info.headers)
            metadata = object.info.metadata
        }
    }
}
