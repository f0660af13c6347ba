import Foundation
import StrongroomStorage

@testable import Strongroom

struct CreateUploadStep: Step {
    var place: Place
    var options: PutOptions
    /// By the bucket's handle.
    var presented: CustomerKey?

    var places: [Place] { [place] }

    func run(on store: Store) async throws(StoreError) -> Answer {
        .upload(
            try await store.bucket(place.bucket, presenting: presented).createUpload(place.key, options: options))
    }

    func asksKeyService(in world: World) -> Bool {
        world.asksKeyService(options.encryption, presenting: presented, in: place.bucket)
    }

    func refusals(in world: World) -> [StoreError.Code] {
        world.refusals(options, presenting: presented, at: place)
    }

    func refusals(bySettingsOf world: World) -> [StoreError.Code] {
        world.settingRefusals(options.encryption, presenting: presented, in: place.bucket)
    }

    func apply(_ done: Done, to world: inout World) -> String? {
        guard case .upload(let info) = done.answer else { return "an upload was expected" }
        let plan = world.plan(options.encryption, presenting: presented, in: place.bucket)
        guard case .encryption(let encryption) = plan else { return "its encryption should have been refused" }
        world.buckets[place.bucket]?.uploads[info.id] = WorldUpload(
            place: place, options: options, encryption: encryption, descriptor: info.encryption, commit: done.commit)
        let initiated = Date(storeMilliseconds: done.commit.timeMilliseconds)
        guard info.key == place.key, info.initiated == initiated, info.storageClass == options.storageClass else {
            return "the upload is another: \(info)"
        }
        return encryption.objection(to: info.encryption)
    }
}

struct AbortUploadStep: Step {
    var place: Place
    var upload: UploadID

    var places: [Place] { [place] }

    func run(on store: Store) async throws(StoreError) -> Answer {
        .changed(try await store.bucket(place.bucket).abortUpload(place.key, upload))
    }

    func refusals(in world: World) -> [StoreError.Code] {
        world.upload(place, upload) == nil ? [.noSuchUpload] : []
    }

    func apply(_ done: Done, to world: inout World) -> String? {
        world.buckets[place.bucket]?.uploads[upload] = nil
        return nil
    }
}

struct ListPartsStep: Step {
    var place: Place
    var upload: UploadID
    var after: Int
    var limit: Int

    var places: [Place] { [place] }

    func run(on store: Store) async throws(StoreError) -> Answer {
        .parts(try await store.bucket(place.bucket).listParts(place.key, upload, after: after, limit: limit))
    }

    func refusals(in world: World) -> [StoreError.Code] {
        world.upload(place, upload) == nil ? [.noSuchUpload] : []
    }

    func objection(to answer: Answer, in world: World) -> String? {
        guard case .parts(let page) = answer else { return "a page of parts was expected" }
        let found = world.upload(place, upload)
        var all = (found?.parts ?? [:]).filter { $0.key > after }.sorted { $0.key < $1.key }.map(\.value.info)
        if found?.encryption.hidesChecksums == true {
            for index in all.indices { all[index].checksums = [] }
        }
        let shown = Array(all.prefix(limit))
        let expected = PartPage(
            parts: shown, next: all.count > limit ? shown.last?.number : nil,
            lsn: page.lsn)
        return page == expected ? nil : "expected \(expected)"
    }
}

struct ListUploadsStep: Step {
    var bucket: BucketName
    var prefix: String
    var limit: Int

    var places: [Place] { [] }

    func run(on store: Store) async throws(StoreError) -> Answer {
        .uploads(try await store.bucket(bucket).listUploads(prefix: prefix, limit: limit))
    }

    func objection(to answer: Answer, in world: World) -> String? {
        guard case .uploads(let page) = answer else { return "a page of uploads was expected" }
        let all = (world.buckets[bucket]?.uploads ?? [:])
            .filter { $0.value.place.key.rawValue.utf8.starts(with: prefix.utf8) }
            .sorted {
                let (left, right) = ($0.value.place.key, $1.value.place.key)
                return left == right ? $0.key.description < $1.key.description : left < right
            }
        let expected = all.prefix(limit).map(\.key)
        guard page.uploads.map(\.id) == expected else { return "expected \(expected)" }
        for (upload, found) in zip(all, page.uploads) {
            let initiated = upload.value.commit.timeMilliseconds
            if let objection = upload.value.encryption.objection(to: found.encryption) { return objection }
            guard found.encryption == upload.value.descriptor.rewrapped(as: found.encryption) else {
                return "expected \(upload.value.descriptor)"
            }
            guard found.key == upload.value.place.key, found.initiated == .init(storeMilliseconds: initiated),
                found.lsn == upload.value.commit.lsn
            else {
                return "expected \(upload)"
            }
        }
        return (page.next == nil) == (all.count <= limit) ? nil : "the page's end is wrong"
    }
}
