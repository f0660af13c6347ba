@testable import Strongroom

/// Makes an object of parts.
struct CompleteStep: Step {
    /// As `ConcurrentModelRun` opens its stores.
    static let partMinimumBytes: UInt64 = 8

    var place: Place
    var upload: UploadID
    var parts: [CompletedPart]
    var condition: WriteCondition?
    /// By the bucket's handle; of no account, for a completion needs no key.
    var presented: CustomerKey?

    var places: [Place] { [place] }

    func run(on store: Store) async throws(StoreError) -> Answer {
        .put(
            try await store.bucket(place.bucket, presenting: presented).completeUpload(
                place.key, upload, parts: parts, if: condition))
    }

    func refusals(bySettingsOf world: World) -> [StoreError.Code] {
        world.upload(place, upload).map { world.blockRefusals($0) } ?? []
    }

    func refusals(in world: World) -> [StoreError.Code] {
        // An upload that somebody else completes meanwhile leaves two reasons: it is gone, and its object is there.
        let unmet = world.refusals(of: condition, at: place)
        guard let upload = world.upload(place, upload) else { return [.noSuchUpload] + unmet }
        let refusal = upload.refusal(of: parts, partMinimumBytes: Self.partMinimumBytes)
        return world.blockRefusals(upload) + (refusal.map { [$0] } ?? []) + unmet
    }

    func apply(_ done: Done, to world: inout World) -> String? {
        guard case .put(let receipt) = done.answer else { return "a put's receipt was expected" }
        guard let found = world.upload(place, upload) else { return "there is no upload" }
        guard receipt.etag.hasSuffix("-\(parts.count)") else { return "the ETag does not count the parts" }
        guard receipt.encryption == found.descriptor.rewrapped(as: receipt.encryption) else {
            return "the encryption is not the upload's, \(found.descriptor)"
        }
        let chosen = parts.compactMap { found.parts[$0.number] }
        var start: UInt64 = 0
        var infos: [ObjectPartInfo] = []
        for part in chosen {
            let range = start..<start + part.info.sizeBytes
            infos.append(ObjectPartInfo(number: part.info.number, range: range, checksums: part.content.checksums))
            start = range.upperBound
        }
        let write = WorldWrite(
            content: Content(chosen.flatMap(\.content.bytes)), options: found.options, encryption: found.encryption,
            tags: found.options.tags.values, parts: infos)
        world.buckets[place.bucket]?.uploads[upload] = nil
        return world.put(write, at: place, receipt, done.commit)
    }
}

extension WorldUpload {
    /// What is wrong with the list of a completion.
    fileprivate func refusal(of list: [CompletedPart], partMinimumBytes: UInt64) -> StoreError.Code? {
        guard !list.isEmpty else { return .invalidPart }
        var last: PartInfo?
        for wanted in list {
            if let last, last.number >= wanted.number { return .invalidPartOrder }
            guard let part = parts[wanted.number]?.info, part.etag == wanted.etag else { return .invalidPart }
            if let last, last.sizeBytes < partMinimumBytes { return .entityTooSmall }
            last = part
        }
        return nil
    }
}
