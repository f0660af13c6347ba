@testable import Strongroom

/// Copies an object: what it read of the source is of some moment while it ran, and it says what of its commit's.
struct CopyStep: Step {
    var source: Place
    var place: Place
    /// The source's customer key among them goes before the one that its bucket's handle presents.
    var options: CopyOptions
    /// By the handle of the source's bucket.
    var sourcePresented: CustomerKey?
    /// By the handle of the target's.
    var presented: CustomerKey?

    var places: [Place] { [source, place] }

    func run(on store: Store) async throws(StoreError) -> Answer {
        .put(
            try await store.bucket(place.bucket, presenting: presented).copy(
                source.key, from: store.bucket(source.bucket, presenting: sourcePresented), to: place.key,
                options: options))
    }

    func basis(in world: World) -> WorldPlan.Basis? {
        world.basis(options.encryption, presenting: presented, in: place.bucket)
    }

    func refusals(bySettingsOf world: World) -> [StoreError.Code] {
        world.settingRefusals(options.encryption, presenting: presented, in: place.bucket)
    }

    func asksKeyService(in world: World) -> Bool {
        ReadStep(place: source, version: options.sourceVersion, part: .bytes(nil)).asksKeyService(in: world)
            || world.asksKeyService(options.encryption, presenting: presented, in: place.bucket)
    }

    private func sourceRefusals(in world: World) -> [StoreError.Code] {
        ReadStep(
            place: source, version: options.sourceVersion, part: .head, conditions: options.sourceConditions,
            presented: options.sourceCustomerKey ?? sourcePresented
        ).refusals(in: world)
    }

    func refusals(in world: World) -> [StoreError.Code] {
        sourceRefusals(in: world) + refusalsAtCommit(in: world)
    }

    func refusalsAtCommit(in world: World) -> [StoreError.Code] {
        let put = PutOptions(
            encryption: options.encryption, condition: options.condition, retention: options.retention,
            legalHold: options.legalHold)
        return world.refusals(put, presenting: presented, at: place)
    }

    func apply(_ done: Done, to world: inout World) -> String? {
        guard case .put(let receipt) = done.answer else { return "a put's receipt was expected" }
        let plan = world.plan(options.encryption, presenting: presented, in: place.bucket)
        guard case .encryption(let encryption) = plan else { return "its encryption should have been refused" }
        let seen = done.past.compactMap { past -> WorldObject? in
            guard sourceRefusals(in: past).isEmpty, case .object(let object) = past.find(source, options.sourceVersion)
            else { return nil }
            return object.content.objection(to: receipt.checksums, receipt.sizeBytes) == nil ? object : nil
        }
        guard let object = seen.last else { return "the source was never what was copied" }
        let put = options.putOptions(object.info, ObjectTags(checked: object.tags ?? [:]))
        var write = WorldWrite(
            content: object.content, options: put, encryption: encryption, tags: put.tags.values, etag: put.etag)
        if case .copy = options.tags, Set(seen.map(\.tags)).count > 1 || object.tags == nil { write.tags = nil }
        if Set(seen.map { $0.info.etag.contains("-") }).count > 1 { write.etag = nil }
        if let objection = world.put(write, at: place, receipt, done.commit) { return objection }
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
