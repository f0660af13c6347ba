import Testing

@testable import Strongroom

/// Random work of all kinds on a store that is checkpointed and reopened in between, against a plain model.
@Suite("Object model")
struct ObjectModelTests {
    /// Few keys, so that they collide; one with zero bytes, one that others are prefixes of.
    static let keys: [ObjectKey] = ["a", "a\0b", "a\0", "a/b", "dir/x", "dir/y", "z", "ä"]

    struct Driver {
        let bucket: Bucket
        var model: ObjectModel
        var generator: SeededGenerator

        mutating func step() async throws {
            let key = ObjectModelTests.keys.randomElement(using: &generator)!
            switch Int.random(in: 0..<100, using: &generator) {
            case 0..<30: try await put(key)
            case 30..<45: try await delete(key)
            case 45..<58: try await remove(key)
            case 58..<66: try await copy(key)
            case 66..<72: try await retag(key)
            case 72..<80: try await conditional(key)
            case 80..<86: try await batch()
            case 86..<88: try await upload(key)
            case 88..<90: try await toggle()
            default: try await read(key)
            }
        }

        /// Mostly tiny, sometimes in the journal, sometimes in a file of its own.
        private mutating func body() -> [UInt8] {
            let sizes = [0, 1, 40, 600, 5_000, 200_000]
            let size = Int.random(in: 0..<12, using: &generator) == 0 ? sizes.randomElement(using: &generator)! : 20
            return [UInt8](repeating: UInt8.random(in: 0...255, using: &generator), count: size)
        }

        private mutating func put(_ key: ObjectKey) async throws {
            let body = body()
            let receipt = try await bucket.put(key, body)
            #expect(model.versioning == .enabled || receipt.versionID == .null)
            model.put(key, .init(id: receipt.versionID, body: body))
        }

        private mutating func delete(_ key: ObjectKey) async throws {
            let receipt = try await bucket.delete(key)
            #expect(receipt.existed == (model.current(key) != nil))
            #expect(receipt.isDeleteMarker == (model.versioning != .unversioned))
            model.delete(key, marker: receipt.isDeleteMarker ? receipt.versionID : nil)
        }

        private mutating func remove(_ key: ObjectKey) async throws {
            let all = model.stacks[key] ?? []
            let id =
                Int.random(in: 0..<5, using: &generator) == 0
                ? VersionID.null : all.randomElement(using: &generator)?.id
            guard let id else { return }
            let receipt = try await bucket.delete(key, version: id)
            let version = model.version(key, id)
            #expect(receipt.existed == (version != nil))
            #expect(receipt.isDeleteMarker == (version.map { $0.body == nil } ?? false))
            model.remove(key, id)
        }

        private mutating func copy(_ target: ObjectKey) async throws {
            let source = ObjectModelTests.keys.randomElement(using: &generator)!
            guard let version = model.stacks[source]?.randomElement(using: &generator) else {
                #expect(try await errorCode { try await bucket.copy(source, to: target) } == .noSuchKey)
                return
            }
            let options = CopyOptions(sourceVersion: version.id)
            guard let body = version.body else {
                let code = try await errorCode { try await bucket.copy(source, to: target, options: options) }
                #expect(code == .methodNotAllowed)
                return
            }
            let receipt = try await bucket.copy(source, to: target, options: options)
            model.put(target, .init(id: receipt.versionID, body: body, tags: version.tags))
        }

        private mutating func retag(_ key: ObjectKey) async throws {
            let tags = ObjectTags(checked: ["n": "\(Int.random(in: 0..<1_000, using: &generator))"])
            guard model.current(key) != nil else {
                #expect(try await errorCode { try await bucket.setTags(tags, of: key) } == .noSuchKey)
                return
            }
            let before = try await bucket.head(key)
            try await bucket.setTags(tags, of: key)
            var after = try await bucket.head(key)
            after.tagCount = before.tagCount
            #expect(after == before)
            model.setTags(key, tags.values)
        }

        private mutating func conditional(_ key: ObjectKey) async throws {
            let body = body()
            let current = model.current(key)
            let etag = current == nil ? nil : try await bucket.head(key).etag
            let condition: WriteCondition =
                switch Int.random(in: 0..<4, using: &generator) {
                case 0: .absent
                case 1: .present
                case 2: .matches(etag ?? "none")
                default: .matches("another")
                }
            let expected: StoreError.Code? =
                switch condition {
                case .absent: current == nil ? nil : .preconditionFailed
                case .present: current == nil ? .noSuchKey : nil
                case .matches(let wanted):
                    current == nil ? .noSuchKey : wanted == etag ? nil : .preconditionFailed
                }
            do throws(StoreError) {
                let receipt = try await bucket.put(key, body, options: PutOptions(condition: condition))
                #expect(expected == nil)
                model.put(key, .init(id: receipt.versionID, body: body))
            } catch {
                #expect(error.code == expected, "\(error)")
            }
        }

        private mutating func batch() async throws {
            let chosen = ObjectModelTests.keys.shuffled(using: &generator).prefix(3)
            var operations: [(key: ObjectKey, body: [UInt8]?)] = []
            for key in chosen { operations.append((key, Int.random(in: 0..<3, using: &generator) == 0 ? nil : body())) }
            // One that must fail takes all others with it.
            let fails = Int.random(in: 0..<4, using: &generator) == 0
            let recorded = operations
            do throws(StoreError) {
                let receipt = try await bucket.store.batch { batch in
                    for (key, body) in recorded {
                        if let body {
                            batch.put(key, body, in: bucket.name)
                        } else {
                            batch.delete(key, in: bucket.name)
                        }
                    }
                    if fails {
                        batch.put("never", [], in: bucket.name, options: PutOptions(condition: .matches("none")))
                    }
                }
                #expect(!fails)
                for ((key, body), result) in zip(operations, receipt.results) {
                    switch result {
                    case .put(let put): model.put(key, .init(id: put.versionID, body: body))
                    case .delete(let delete): model.delete(key, marker: delete.isDeleteMarker ? delete.versionID : nil)
                    }
                }
            } catch {
                #expect(fails && error.code == .noSuchKey, "\(error)")
            }
        }

        private mutating func upload(_ key: ObjectKey) async throws {
            let upload = try await bucket.createUpload(key).id
            var parts: [Int: (info: PartInfo, body: [UInt8])] = [:]
            for _ in 0..<Int.random(in: 1...5, using: &generator) {
                let number = Int.random(in: 1...4, using: &generator)
                let body = body()
                parts[number] = (try await bucket.uploadPart(number, of: key, upload, body), body)
            }
            guard Int.random(in: 0..<4, using: &generator) > 0 else {
                try await bucket.abortUpload(key, upload)
                return
            }
            // Sometimes all that was uploaded, sometimes less.
            var named = parts.keys.sorted()
            if named.count > 1, Bool.random(using: &generator) { named.removeFirst() }
            let receipt = try await bucket.completeUpload(
                key, upload, parts: named.map { CompletedPart(parts[$0]!.info) })
            model.put(key, .init(id: receipt.versionID, body: named.flatMap { parts[$0]!.body }))
        }

        private mutating func toggle() async throws {
            let next: Versioning = Bool.random(using: &generator) ? .enabled : .suspended
            try await bucket.setVersioning(next)
            model.versioning = next
        }

        private mutating func read(_ key: ObjectKey) async throws {
            if let id = model.stacks[key]?.randomElement(using: &generator)?.id {
                let version = try #require(model.version(key, id))
                if let body = version.body {
                    #expect(try await bucket.get(key, version: id).collect(upTo: 1 << 20) == body)
                    #expect(try await bucket.tags(of: key, version: id).tags.values == version.tags)
                } else {
                    #expect(try await errorCode { try await bucket.head(key, version: id) } == .methodNotAllowed)
                }
            }
            if let current = model.current(key) {
                #expect(try await bucket.get(key).collect(upTo: 1 << 20) == current.body)
                #expect(try await bucket.head(key).versionID == current.id)
            } else {
                #expect(try await errorCode { try await bucket.get(key) } == .noSuchKey)
            }
        }

        func compareListings() async throws {
            var keys: [ObjectKey] = []
            for try await object in bucket.objects() { keys.append(object.key) }
            #expect(keys == model.currentKeys)
            var options = VersionListOptions(limit: 3)
            var found: [(key: ObjectKey, id: VersionID, isLatest: Bool, isMarker: Bool)] = []
            repeat {
                let page = try await bucket.listVersions(options)
                #expect(page.entries.count <= 3 && page.damaged.isEmpty)
                found += page.entries.map { ($0.key, $0.versionID, $0.isLatest, $0.isDeleteMarker) }
                options.continuation = page.continuation
            } while options.continuation != nil
            #expect(found.elementsEqual(model.allVersions, by: ==))
        }
    }

    @Test("Puts, deletes, copies, tags, conditions and batches agree with a plain model", arguments: 0..<4)
    func agrees(seed: Int) async throws {
        let directory = try TemporaryDirectory()
        var generator = SeededGenerator(seed: UInt64(seed) + 4_000)
        var model = ObjectModel()
        // Seeds that begin with versioning, and such that meet it later.
        model.versioning = seed % 2 == 0 ? .unversioned : .enabled
        for life in 0..<5 {
            var options = StoreOptions.forTests
            options.partMinimumBytes = 1
            let store = try await Store.open(at: directory.store, options: options)
            if life == 0 { try await store.createBucket("bucket", versioning: model.versioning) }
            var driver = Driver(bucket: store.bucket("bucket"), model: model, generator: generator)
            for step in 0..<120 {
                try await driver.step()
                if step % 40 == 39 { try await store.checkpoint() }
            }
            try await driver.compareListings()
            #expect(try await driver.bucket.listUploads().uploads.isEmpty)
            #expect(try await store.verify(readingData: true).findings == [])
            (model, generator) = (driver.model, driver.generator)
            try await store.close()
        }
        #expect(model.allVersions.count > 5)
    }
}

extension Bucket {
    fileprivate var store: Store { Store(engine: engine, requester: requester) }
}
