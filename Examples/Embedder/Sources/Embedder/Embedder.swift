// The examples of the README and of the documentation's articles, in an application of their own. `make embedder`
// builds and runs it, and checks that README and articles say the same.

import Foundation
import Strongroom
import SystemPackage

@main
struct Embedder {
    static func main() async throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: "embedder-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        let picture = directory.appending(path: "cat.jpg")
        try Data(repeating: 7, count: 1 << 20).write(to: picture)
        try await tenLines(path: FilePath(directory.path).appending("store"), cat: FilePath(picture.path))

        let store = try await Store.open(at: FilePath(directory.path).appending("articles"))
        try await Versions.gettingStarted(store)
        try await Versions.article(store)
        try await Conditions.readme(store)
        try await Conditions.article(store)
        try await Changes.article(store)
        try await Multipart.article(store)
        try await Locks.article(store)
        try await Lifecycle.article(store)
        try await Encryption.article(store)
        try await store.close()
        try await Backups.article(directory: FilePath(directory.path))
    }

    static func tenLines(path: FilePath, cat: FilePath) async throws {
        // README
        let store = try await Store.open(at: path)  // makes it, and a keyring beside it, where there is none
        let photos = try await store.createBucket("photos")  // sealed under keys of the store's own (SSE-S3)

        try await photos.put("2026/cat.jpg", contentsOf: cat, options: PutOptions(contentType: "image/jpeg"))
        try await photos.put("note.txt", Array("every byte at rest is sealed".utf8))

        for try await bytes in try await photos.get("2026/cat.jpg", range: 0..<65_536) { print(bytes.count) }
        let note = try await photos.get("note.txt").collect(upTo: 1 << 20)
        for try await object in photos.objects(prefix: "2026/") { print(object.key, object.encryption) }
        try await store.close()
        // README
        precondition(String(decoding: note, as: UTF8.self) == "every byte at rest is sealed")
    }
}
