import Foundation
import StrongroomStorage

@testable import Strongroom

/// Stores a part of an upload: bytes, or those of an object.
struct PartStep: Step {
    enum Body: Sendable {
        case bytes(Content)
        case copy(ReadStep)
    }

    var place: Place
    var upload: UploadID
    var number: Int
    var body: Body
    /// By the handle of the upload's bucket.
    var presented: CustomerKey?

    var places: [Place] { if case .copy(let read) = body { [place, read.place] } else { [place] } }

    func run(on store: Store) async throws(StoreError) -> Answer {
        let bucket = store.bucket(place.bucket, presenting: presented)
        switch body {
        case .bytes(let content):
            return .part(try await bucket.uploadPart(number, of: place.key, upload, content.bytes))
        case .copy(let read):
            guard case .bytes(let range) = read.part else { preconditionFailure("a part is of bytes") }
            return .part(
                try await bucket.uploadPart(
                    number, of: place.key, upload, copying: read.place.key,
                    from: store.bucket(read.place.bucket, presenting: read.presented), version: read.version,
                    range: range, if: read.conditions))
        }
    }

    func asksKeyService(in world: World) -> Bool {
        if world.upload(place, upload)?.encryption.isUnderServiceKey == true { return true }
        if case .copy(let read) = body { return read.asksKeyService(in: world) } else { return false }
    }

    func refusals(in world: World) -> [StoreError.Code] {
        var refusals = world.upload(place, upload) == nil ? [.noSuchUpload] : refusals(bySettingsOf: world)
        if case .copy(let read) = body { refusals += read.refusals(in: world) }
        return refusals
    }

    /// A block goes before the key that is presented.
    func refusals(bySettingsOf world: World) -> [StoreError.Code] {
        guard let upload = world.upload(place, upload) else { return [] }
        let blocked = world.blockRefusals(upload)
        return blocked.isEmpty ? upload.encryption.refusals(presenting: presented) : blocked
    }

    func refusalsAtCommit(in world: World) -> [StoreError.Code] {
        guard let upload = world.upload(place, upload) else { return [.noSuchUpload] }
        return upload.encryption.refusals(presenting: presented)
    }

    func apply(_ done: Done, to world: inout World) -> String? {
        guard case .part(let info) = done.answer else { return "a part was expected" }
        guard info.number == number, info.lastModified == Date(storeMilliseconds: done.commit.timeMilliseconds) else {
            return "the part's number or time is wrong"
        }
        guard let found = world.upload(place, upload) else { return "there is no upload" }
        // Looked at when the part begins: a block that comes after that is for the completion to see.
        guard done.settings.contains(where: { $0.blockRefusals(found).isEmpty }) else { return "it was blocked" }
        let content = contents(done).last { $0.objection(to: info.checksums, info.sizeBytes) == nil }
        guard let content else { return "the bytes were never what was to be stored" }
        if let objection = content.objection(to: info.etag, found.options.etag, found.encryption) { return objection }
        world.buckets[place.bucket]?.uploads[upload]?.parts[number] = .init(info: info, content: content)
        return nil
    }

    /// What the step may have read.
    private func contents(_ done: Done) -> [Content] {
        switch body {
        case .bytes(let content): return [content]
        case .copy(let read):
            guard case .bytes(let range) = read.part else { return [] }
            return done.past.compactMap { past in
                guard read.refusals(in: past).isEmpty, case .object(let object) = past.find(read.place, read.version)
                else { return nil }
                return range == nil ? object.content : Content(object.content.clamped(to: range))
            }
        }
    }
}

extension World {
    /// What a bucket blocks it blocks for uploads that have begun, too.
    func blockRefusals(_ upload: WorldUpload) -> [StoreError.Code] {
        let isAllowed = upload.encryption.customerKey == nil || buckets[upload.place.bucket]?.allowsCustomerKeys == true
        return isAllowed ? [] : [.accessDenied]
    }
}
