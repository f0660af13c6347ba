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

    var places: [Place] { if case .copy(let read) = body { [place, read.place] } else { [place] } }

    func run(on store: Store) async throws(StoreError) -> Answer {
        let bucket = store.bucket(place.bucket)
        switch body {
        case .bytes(let content):
            return .part(try await bucket.uploadPart(number, of: place.key, upload, content.bytes))
        case .copy(let read):
            guard case .bytes(let range) = read.part else { preconditionFailure("a part is of bytes") }
            return .part(
                try await bucket.uploadPart(
                    number, of: place.key, upload, copying: read.place.key, from: store.bucket(read.place.bucket),
                    version: read.version, range: range, if: read.conditions))
        }
    }

    func refusals(in world: World) -> [StoreError.Code] {
        var refusals = refusalsAtCommit(in: world)
        if case .copy(let read) = body { refusals += read.refusals(in: world) }
        return refusals
    }

    func refusalsAtCommit(in world: World) -> [StoreError.Code] {
        world.upload(place, upload) == nil ? [.noSuchUpload] : []
    }

    func apply(_ done: Done, to world: inout World) -> String? {
        guard case .part(let info) = done.answer else { return "a part was expected" }
        guard info.number == number, info.lastModified == Date(storeMilliseconds: done.commit.timeMilliseconds) else {
            return "the part's number or time is wrong"
        }
        let content = contents(done).last { $0.objection(to: info.checksums, info.sizeBytes) == nil }
        guard let content else { return "the bytes were never what was to be stored" }
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
