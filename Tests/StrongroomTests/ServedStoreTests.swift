import Testing

@testable import Strongroom

/// What a server asks of the engine beside what an application does.
@Suite("A store that is served") struct ServedStoreTests {
    private func code(_ body: () async throws -> Void) async -> StoreError.Code? {
        do {
            try await body()
            return nil
        } catch {
            return (error as? StoreError)?.code
        }
    }

    @Test("a completion is held against checksums and size, and the upload is as it was when they are others")
    func completions() async throws {
        try await withStore { store, _ in
            let bucket = try await store.createBucket("data")
            let options = PutOptions(checksums: [.crc32])
            let upload = try await bucket.createUpload("k", options: options, compositeChecksums: [.sha256])
            let part = try await bucket.uploadPart(1, of: "k", upload.id, [1, 2, 3])
            let found = try await bucket.upload("k", upload.id)
            #expect(found == upload)
            #expect(found.checksums == [.crc32, .sha256] && found.compositeChecksums == [.sha256])
            let right = try #require(part.checksums.first { $0.algorithm == .crc32 })
            let wrong = try ObjectChecksum(.crc32, base64: "AAAAAA==")
            let other = try ObjectChecksum(.sha1, base64: "AAAAAAAAAAAAAAAAAAAAAAAAAAA=")
            func complete(_ ofPart: [ObjectChecksum], _ checks: CompletionChecks) async -> StoreError.Code? {
                await code {
                    let named = CompletedPart(number: 1, etag: part.etag, expectedChecksums: ofPart)
                    _ = try await bucket.completeUpload("k", upload.id, parts: [named], checks: checks)
                }
            }
            #expect(await complete([wrong], CompletionChecks()) == .badDigest)
            #expect(await complete([other], CompletionChecks()) == .invalidRequest)
            #expect(await complete([], CompletionChecks(checksums: [wrong])) == .badDigest)
            #expect(await complete([], CompletionChecks(sizeBytes: 4)) == .invalidRequest)
            #expect(try await bucket.upload("k", upload.id) == upload)
            #expect(await complete(part.checksums, CompletionChecks(checksums: [right], sizeBytes: 3)) == nil)
            #expect(await code { _ = try await bucket.upload("k", upload.id) } == .noSuchUpload)
        }
    }

    @Test("a composite checksum is read as it is written", arguments: ["", "-0", "-10001", "-01", "-1-2", "-x"])
    func compositeChecksums(_ suffix: String) async throws {
        let text = "AAAAAA==-2"
        let checksum = try ObjectChecksum(.crc32, text: text)
        #expect(checksum.base64 == text && checksum.compositePartCount == 2)
        let other = await code { _ = try ObjectChecksum(.crc32, text: "AAAAAA==" + suffix) }
        #expect(other == (suffix.isEmpty ? nil : .invalidArgument))
    }

    @Test("listings go on behind a key, a prefix, a version, an upload, whatever was there before")
    func continuations() async throws {
        try await withStore { store, _ in
            let bucket = try await store.createBucket("data", versioning: .enabled)
            for key in ["a", "b/1", "b/2", "b0", "c"] {
                for value: UInt8 in 1...3 { try await bucket.put(ObjectKey(key), [value]) }
            }
            let behind = ListOptions(continuation: .behind(prefix: "b/"))
            #expect(try await bucket.list(behind).objects.map(\.key.rawValue) == ["b0", "c"])
            let all = try await bucket.listVersions().entries
            for (index, entry) in all.enumerated() {
                let next = VersionContinuation(behind: entry.key.rawValue, lsn: entry.lsn)
                let rest = try await bucket.listVersions(VersionListOptions(continuation: next)).entries
                #expect(rest == Array(all[(index + 1)...]))
            }
            let prefix = VersionListOptions(continuation: .behind(prefix: "b/"))
            #expect(try await bucket.listVersions(prefix).entries.first?.key == "b0")
            for key in ["u", "u", "v"] { _ = try await bucket.createUpload(ObjectKey(key)) }
            let uploads = try await bucket.listUploads().uploads
            let first = try bucket.uploadContinuation(behind: "u", uploads[0].id)
            #expect(try await bucket.listUploads(after: first).uploads == Array(uploads[1...]))
            let key = try bucket.uploadContinuation(behind: "u")
            #expect(try await bucket.listUploads(after: key).uploads == [uploads[2]])
        }
    }

    @Test("a lock is told without the key of what it protects")
    func locks() async throws {
        var options = StoreOptions.forTests
        options.allowedEncryption = [.customerKeys]
        try await withStore(options) { store, _ in
            let bucket = try await store.createBucket("data", objectLock: true)
            try await bucket.put("k", [1], options: PutOptions(encryption: .customerKey(.random()), legalHold: true))
            #expect(await code { _ = try await bucket.head("k") } == .invalidRequest)
            let lock = try await bucket.lock(of: "k")
            #expect(lock.legalHold && lock.retention == nil)
            let plain = try await store.createBucket("plain")
            #expect(await code { _ = try await plain.lock(of: "k") } == .invalidRequest)
        }
    }

    @Test("a body is narrowed to a range of the very version that it is of")
    func narrowing() async throws {
        try await withStore { store, _ in
            let bucket = try await store.createBucket("data")
            try await bucket.put("k", [1, 2, 3, 4])
            let body = try await bucket.get("k")
            try await bucket.put("k", [9])
            #expect(try await body.narrowed(to: 1..<3).collect(upTo: 10) == [2, 3])
        }
    }
}
