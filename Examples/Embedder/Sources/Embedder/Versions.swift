import Strongroom

/// The code of “Objects and versions”, and of the part of “Getting started” about them.
enum Versions {
    private static func makeOrUse(_ store: Store, userName: String, portrait: [UInt8]) async throws {
        // GettingStarted
        do {
            try await store.createBucket("pictures")
        } catch {
            guard error.code == .bucketAlreadyExists else { throw error }
        }
        let pictures = store.bucket("pictures")
        let key = try ObjectKey("users/\(userName)/portrait.jpg")
        try await pictures.put(key, portrait)
        // GettingStarted
    }

    static func gettingStarted(_ store: Store) async throws {
        for _ in 0..<2 { try await makeOrUse(store, userName: "ana", portrait: [1, 2, 3]) }
        // GettingStarted
        let drafts = try await store.createBucket("drafts", versioning: .enabled)
        let first = try await drafts.put("plan.md", Array("One plan".utf8))
        try await drafts.put("plan.md", Array("Another plan".utf8))
        let before = try await drafts.get("plan.md", version: first.versionID).collect(upTo: 1 << 20)
        // GettingStarted
        precondition(before == Array("One plan".utf8))
        // GettingStarted
        do {
            _ = try await drafts.head("absent.md")
        } catch {
            guard error.code == .noSuchKey else { throw error }
            print("not there")
        }
        // GettingStarted
    }

    static func article(_ store: Store) async throws {
        // ObjectsAndVersions
        let notes = try await store.createBucket("notes")
        try await notes.put("plan.md", Array("Before anybody kept versions".utf8))
        try await notes.setVersioning(.enabled)
        try await notes.put("plan.md", Array("The plan".utf8))
        let oldest = try await notes.get("plan.md", version: .null)
        // ObjectsAndVersions
        let bytes = try await oldest.collect(upTo: 1 << 20)
        precondition(bytes == Array("Before anybody kept versions".utf8))
        try await deleteAndBringBack(notes)
        try await list(notes)
        try await describe(notes)
    }

    private static func deleteAndBringBack(_ notes: Bucket) async throws {
        // ObjectsAndVersions
        let hidden = try await notes.delete("plan.md")
        if hidden.isDeleteMarker, let marker = hidden.versionID {
            try await notes.delete("plan.md", version: marker)
        }
        // ObjectsAndVersions
        let visible = try await notes.get("plan.md").collect(upTo: 1 << 20)
        precondition(visible == Array("The plan".utf8))
        // ObjectsAndVersions
        try await notes.copy("plan.md", to: "plan.md", options: CopyOptions(sourceVersion: .null))
        // ObjectsAndVersions
        let newest = try await notes.get("plan.md").collect(upTo: 1 << 20)
        precondition(newest == Array("Before anybody kept versions".utf8))
    }

    private static func list(_ notes: Bucket) async throws {
        // ObjectsAndVersions
        var options = VersionListOptions(prefix: "plan")
        repeat {
            let page = try await notes.listVersions(options)
            for entry in page.entries {
                print(entry.key, entry.versionID, entry.isLatest, entry.isDeleteMarker)
            }
            options.continuation = page.continuation
        } while options.continuation != nil
        // ObjectsAndVersions
        let all = try await notes.listVersions(VersionListOptions(prefix: "plan"))
        precondition(all.entries.count == 3 && all.entries[0].isLatest)
    }

    private static func describe(_ notes: Bucket) async throws {
        // ObjectsAndVersions
        let options = PutOptions(
            contentType: "text/markdown", headers: ContentHeaders(cacheControl: "no-cache", contentLanguage: "en"),
            tags: ["state": "draft"], storageClass: .standardInfrequentAccess)
        try await notes.put("readme.md", Array("Read me".utf8), options: options)
        try await notes.setTags(["state": "final"], of: "readme.md")
        // ObjectsAndVersions
        let tags = try await notes.tags(of: "readme.md")
        precondition(tags.tags == ["state": "final"])
        // ObjectsAndVersions
        let settings = ["columns": 3]
        try await notes.put("settings.json", encoding: settings)
        let read = try await notes.get("settings.json", decoding: [String: Int].self)
        // ObjectsAndVersions
        precondition(read == settings)
    }
}
