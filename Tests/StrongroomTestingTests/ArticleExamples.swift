// The code of the article "Testing your app", which ArticleTests holds against it.

import Strongroom
import StrongroomTesting
import Testing

// ARTICLE
struct Albums {
    let store: Store

    func add(_ picture: [UInt8], as name: ObjectKey, to album: BucketName) async throws {
        try await store.bucket(album).put(name, picture, options: PutOptions(contentType: "image/jpeg"))
    }

    func names(in album: BucketName) async throws -> [String] {
        try await store.bucket(album).listNames().names
    }
}
// ARTICLE

@Suite("The examples of the article")
struct ArticleExamples {
    // ARTICLE
    @Test func picturesAreListedByName() async throws {
        let store = try await Store.inMemory()
        try await store.createBucket("summer")
        let albums = Albums(store: store)
        try await albums.add([0xFF, 0xD8], as: "sea.jpg", to: "summer")
        try await albums.add([0xFF, 0xD8], as: "hills.jpg", to: "summer")
        #expect(try await albums.names(in: "summer") == ["hills.jpg", "sea.jpg"])
    }
    // ARTICLE

    // ARTICLE
    @Test func picturesAreSealed() async throws {
        try await withTemporaryStore { store in
            try await store.createBucket("summer")
            try await Albums(store: store).add([0xFF, 0xD8], as: "sea.jpg", to: "summer")
            guard case .s3Managed = try await store.bucket("summer").head("sea.jpg").encryption else {
                Issue.record("the picture is not encrypted")
                return
            }
            #expect(try await store.verify(readingData: true).isSound)
        }
    }
    // ARTICLE

    // ARTICLE
    @Test func largePicturesAreVerified() async throws {
        var options = StoreOptions()
        options.smallObjectLimitBytes = 4 << 10
        try await withTemporaryStore(options: options) { store in
            try await store.createBucket("summer")
            let picture = [UInt8](repeating: 7, count: 100_000)
            try await Albums(store: store).add(picture, as: "sea.jpg", to: "summer")
            #expect(try await store.verify(readingData: true).verifiedBytes == 100_000)
        }
    }
    // ARTICLE
}
