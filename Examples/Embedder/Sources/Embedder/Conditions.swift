import Strongroom

/// The code of “Conditions and batches”, and of the README's example of both.
enum Conditions {
    static func readme(_ store: Store) async throws {
        let photos = try await store.createBucket("albums", versioning: .enabled)
        try await photos.put("2025/cat.jpg", [7])
        let (index, newIndex) = (Array("cat".utf8), Array("no cat".utf8))
        // README-conditions
        let known = try await photos.put("index.json", index, options: PutOptions(condition: .absent))
        try await store.batch { batch in  // both, or neither
            batch.put("index.json", newIndex, in: photos.name, options: PutOptions(condition: .matches(known.etag)))
            batch.delete("2025/cat.jpg", in: photos.name)
        }
        let older = try await photos.get("index.json", version: known.versionID)
        // README-conditions
        let bytes = try await older.collect(upTo: 1 << 20)
        precondition(bytes == index)
    }

    static func article(_ store: Store) async throws {
        let jobs = try await store.createBucket("jobs")
        let me = Array("me".utf8)
        // ConditionsAndBatches
        do {
            try await jobs.put("0001/owner", me, options: PutOptions(condition: .absent))
        } catch {
            guard error.code == .preconditionFailed else { throw error }
            print("somebody else has it")
        }
        // ConditionsAndBatches
        try await jobs.put("counter", Array("0".utf8))
        try await increment(jobs)
        try await increment(jobs)
        let counter = try await jobs.get("counter").collect(upTo: 20)
        precondition(counter == Array("2".utf8))
        try await read(jobs)
        try await batch(store, jobs)
    }
}

// ConditionsAndBatches
func increment(_ bucket: Bucket) async throws {
    while true {
        let body = try await bucket.get("counter")
        let text = String(decoding: try await body.collect(upTo: 20), as: UTF8.self)
        let next = Array(String((Int(text) ?? 0) + 1).utf8)
        do {
            try await bucket.put("counter", next, options: PutOptions(condition: .matches(body.info.etag)))
            return
        } catch {
            // Somebody wrote in between; look again.
            guard error.code == .preconditionFailed else { throw error }
        }
    }
}
// ConditionsAndBatches

extension Conditions {
    fileprivate static func read(_ jobs: Bucket) async throws {
        let etag = try await jobs.head("counter").etag
        // ConditionsAndBatches
        do {
            let body = try await jobs.get("counter", if: ReadConditions(differs: [etag]))
            print(body.info.etag)
        } catch {
            guard error.code == .notModified else { throw error }
            print("what is cached still holds")
        }
        // ConditionsAndBatches
    }

    fileprivate static func batch(_ store: Store, _ jobs: Bucket) async throws {
        let archive = try await store.createBucket("archive")
        try await jobs.put("0001/result", Array("done".utf8))
        let owner = try await jobs.head("0001/owner").etag
        // ConditionsAndBatches
        let receipt = try await store.batch { batch in
            batch.copy("0001/result", from: jobs.name, to: "0001", in: archive.name)
            batch.delete("0001/result", in: jobs.name)
            batch.delete("0001/owner", in: jobs.name, if: .matches(owner))
        }
        print(receipt.results.count, receipt.lsn ?? 0)
        // ConditionsAndBatches
        let moved = try await archive.get("0001").collect(upTo: 1 << 20)
        precondition(moved == Array("done".utf8))
    }
}
