import Foundation
import StrongroomStorage
import Testing

@testable import Strongroom

@Suite("Change feed")
struct ChangeFeedTests {
    /// What there is, as the changes alone tell it: versions by key, the newest last.
    struct Replica: Equatable {
        struct Version: Equatable {
            var id: VersionID
            var isDeleteMarker: Bool
        }

        var buckets: Set<BucketName> = []
        var versions: [String: [Version]] = [:]

        mutating func apply(_ change: Change) throws {
            switch change.kind {
            case .bucketCreated: #expect(buckets.insert(change.bucket).inserted)
            case .bucketDeleted: #expect(buckets.remove(change.bucket) != nil)
            case .bucketChanged: #expect(buckets.contains(change.bucket))
            default: try applyToObject(change)
            }
        }

        private mutating func applyToObject(_ change: Change) throws {
            let place = "\(change.bucket)/\(try #require(change.key).rawValue)"
            let id = try #require(change.versionID)
            var stack = versions[place] ?? []
            switch change.kind {
            case .objectStored, .deleteMarkerCreated:
                if id == .null { stack.removeAll { $0.id == .null } }
                stack.append(Version(id: id, isDeleteMarker: change.kind == .deleteMarkerCreated))
            case .versionRemoved:
                #expect(stack.contains { $0.id == id }, "\(change) of what was never stored")
                stack.removeAll { $0.id == id }
            case .attributesChanged: #expect(stack.contains { $0.id == id })
            default: Issue.record("an unknown change: \(change.kind)")
            }
            versions[place] = stack.isEmpty ? nil : stack
        }
    }

    private func actual(_ store: Store) async throws -> Replica {
        var replica = Replica()
        for bucket in try await store.listBuckets() {
            replica.buckets.insert(bucket.name)
            var options = VersionListOptions()
            repeat {
                let page = try await store.bucket(bucket.name).listVersions(options)
                for entry in page.entries {
                    var isDeleteMarker = false
                    if case .deleteMarker = entry { isDeleteMarker = true }
                    replica.versions["\(bucket.name)/\(entry.key.rawValue)", default: []].insert(
                        .init(id: entry.versionID, isDeleteMarker: isDeleteMarker), at: 0)
                }
                options.continuation = page.continuation
            } while options.continuation != nil
        }
        return replica
    }

    /// Random work of one task.
    private func work(_ store: Store, _ buckets: [Bucket], steps: Int, seed: UInt64) async throws {
        var generator = SeededGenerator(seed: seed)
        let keys: [ObjectKey] = ["a", "b/c", "ä", "z\0"]
        for _ in 0..<steps {
            let bucket = buckets.randomElement(using: &generator)!
            let key = keys.randomElement(using: &generator)!
            do throws(StoreError) {
                switch Int.random(in: 0..<20, using: &generator) {
                case 0..<9: try await bucket.put(key, [UInt8](repeating: 1, count: 20))
                case 9..<11: try await bucket.put(key, [UInt8](repeating: 2, count: 5_000))
                case 11..<14: try await bucket.delete(key)
                case 14..<16:
                    let page = try await bucket.listVersions()
                    guard let entry = page.entries.randomElement(using: &generator) else { continue }
                    try await bucket.delete(entry.key, version: entry.versionID)
                case 16: try await bucket.setTags(["n": "1"], of: key)
                case 17: try await bucket.copy(key, from: buckets[0], to: "copied")
                case 18: try await bucket.setVersioning([.enabled, .suspended].randomElement(using: &generator)!)
                default:
                    try await store.batch { batch in
                        for bucket in buckets { batch.put(key, [3], in: bucket.name) }
                        batch.delete("other", in: buckets[0].name)
                    }
                }
            } catch {
                guard [.noSuchKey, .noSuchVersion, .methodNotAllowed, .conflict].contains(error.code) else {
                    throw error
                }
            }
        }
    }

    /// Reads up to `last`; every position is behind the one before.
    private func read(_ feed: ChangeFeed, to last: Position, _ body: (Change) throws -> Void) async throws {
        var before: Position?
        guard feed.start.lsn < last.lsn else { return }
        var iterator = feed.makeAsyncIterator()
        while let change = try await iterator.next() {
            guard change.lsn <= last.lsn else { return }
            if let before { #expect(before.precedes(change.position)) }
            before = change.position
            if change.key?.rawValue == "the end" { return }
            try body(change)
        }
    }

    private func mark(_ bucket: Bucket) async throws { try await bucket.put("the end", []) }

    /// Four tasks write, the store is checkpointed and reopened, one consumer reads in pieces and acknowledges some of
    /// it: what the changes tell is what there is.
    @Test(arguments: [1, 2, 3] as [UInt64])
    func changesTellWhatThereIs(seed: UInt64) async throws {
        let directory = try TemporaryDirectory()
        var replica = Replica()
        var generator = SeededGenerator(seed: seed)
        for life in 0..<4 as Range<UInt64> {
            let store = try await Store.open(at: directory.store, options: .forTests)
            if life == 0 {
                _ = try await store.consumer(named: "replica", startingAfter: try await store.position())
                for name in ["plain", "kept", "marks"] as [BucketName] { try await store.createBucket(name) }
                try await store.bucket("kept").setVersioning(.enabled)
            }
            let buckets = [store.bucket("plain"), store.bucket("kept")]
            try await withThrowingTaskGroup(of: Void.self) { group in
                for task in 0..<4 as Range<UInt64> {
                    group.addTask {
                        try await work(store, [buckets[1]], steps: 60, seed: seed * 100 + life * 10 + task)
                    }
                }
                group.addTask {
                    for _ in 0..<100 { try await buckets[0].put("p", [1]) }
                    for _ in 0..<3 {
                        try await store.checkpoint()
                        try await buckets[0].delete("p")
                    }
                }
                try await group.waitForAll()
            }
            try await work(store, buckets, steps: 40, seed: seed &+ life)
            let consumer = try await store.consumer(named: "replica")
            let end = try await store.position()
            try await mark(store.bucket("marks"))
            var seen: [Change] = []
            try await read(try await consumer.changes(), to: end) { seen.append($0) }
            // Killed behind a random change: those after it come again.
            let taken = Int.random(in: 0...seen.count, using: &generator)
            for change in seen.prefix(taken) { try replica.apply(change) }
            if taken > 0 { try await consumer.acknowledge(seen[taken - 1].position) }
            var again: [Change] = []
            try await read(try await store.consumer(named: "replica").changes(), to: end) { again.append($0) }
            #expect(again == Array(seen[taken...]))
            for change in again { try replica.apply(change) }
            try await consumer.acknowledge(try await store.position())
            replica.versions["marks/the end"] = [.init(id: .null, isDeleteMarker: false)]
            #expect(replica == (try await actual(store)))
            try await store.close()
        }
    }

    @Test func aBatchIsOneCommit() async throws {
        try await withStore { store, _ in
            let bucket = try await store.createBucket("photos")
            let start = try await store.position()
            let receipt = try await store.batch { batch in
                for key in ["x", "y", "z"] as [ObjectKey] { batch.put(key, [1], in: bucket.name) }
            }
            var keys: [String] = []
            for try await change in try await store.changes(after: start) {
                #expect(change.lsn == receipt.lsn)
                keys.append(try #require(change.key).rawValue)
                if keys.count == 3 { break }
            }
            #expect(keys == ["x", "y", "z"])
        }
    }

    /// Without polling: a reader that waits is woken by the commit.
    @Test func whatIsToComeComes() async throws {
        try await withStore { store, _ in
            let bucket = try await store.createBucket("photos")
            let feed = try await store.changes()
            async let changes = {
                var changes: [Change] = []
                for try await change in feed {
                    changes.append(change)
                    if changes.count == 50 { break }
                }
                return changes
            }()
            for number in 0..<50 { try await bucket.put(ObjectKey("\(number)"), [1]) }
            #expect(try await changes.map(\.key?.rawValue) == (0..<50).map { "\($0)" })
        }
    }

    @Test func theFeedEndsWithTheStore() async throws {
        let directory = try TemporaryDirectory()
        let store = try await Store.open(at: directory.store, options: .forTests)
        let feed = try await store.changes()
        async let count = {
            var count = 0
            for try await _ in feed { count += 1 }
            return count
        }()
        try await store.createBucket("photos")
        try await store.close()
        #expect(try await count <= 1)
    }

    @Test func cancellationEndsTheWaiting() async throws {
        try await withStore { store, _ in
            let feed = try await store.changes()
            let task = Task { () throws(StoreError) -> Change? in
                var iterator = feed.makeAsyncIterator()
                return try await iterator.next()
            }
            task.cancel()
            let error = await #expect(throws: StoreError.self) { try await task.value }
            #expect(error?.code == .cancelled)
        }
    }

    /// Nothing is kept for a reader of the moment once it is gone, and never more than the limit.
    @Test func whoFallsTooFarBehindIsTold() async throws {
        var options = StoreOptions.forTests
        options.changeFeedLimitBytes = 2 << 20
        try await withStore(options) { store, _ in
            let bucket = try await store.createBucket("photos")
            let start = try await store.position()
            let consumer = try await store.consumer(named: "slow", startingAfter: start)
            for round in 0..<40 {
                // What lives in segments is deleted again, so that they can go.
                for number in 0..<10 {
                    try await bucket.put(ObjectKey("\(number)"), [UInt8](repeating: 1, count: 30_000))
                }
                for number in 0..<10 { try await bucket.delete(ObjectKey("\(number)")) }
                if round % 4 == 3 { try await store.checkpoint() }
            }
            // Until there is a newer image of the catalog, the journal is kept for that.
            _ = try await store.engine.storage.embedded?.takeImage()
            try await store.checkpoint()
            for feed in [try await store.changes(after: start), try await consumer.changes()] {
                let error = await #expect(throws: StoreError.self) { for try await _ in feed { break } }
                #expect(error?.code == .positionExpired)
            }
            // From the present on it goes on.
            try await consumer.acknowledge(try await store.position())
            try await bucket.put("next", [1])
            for try await change in try await consumer.changes() {
                #expect(change.key?.rawValue == "next")
                break
            }
        }
    }

    @Test func otherPlacesAreRefused() async throws {
        try await withStore { store, _ in
            let position = try await store.position()
            let others = [
                Position(storeID: [UInt8](repeating: 1, count: 16), timeline: 1, lsn: position.lsn),
                Position(storeID: position.storeID, timeline: 2, lsn: position.lsn),
                Position(storeID: position.storeID, timeline: 1, lsn: position.lsn + 1),
            ]
            for other in others {
                let error = await #expect(throws: StoreError.self) { try await store.changes(after: other) }
                #expect(error?.code == .invalidArgument)
            }
            #expect(try Position(position.description) == position)
            let encoded = try JSONEncoder().encode([position])
            #expect(try JSONDecoder().decode([Position].self, from: encoded) == [position])
            for text in ["", "1.2.3.4", position.description + ".1", position.description.uppercased() + " "] {
                #expect(throws: StoreError.self) { try Position(text) }
            }
        }
    }

    @Test func consumersAreListedAndRemoved() async throws {
        try await withStore { store, _ in
            let start = try await store.position()
            let consumer = try await store.consumer(named: "b")
            try await store.consumer(named: "a").acknowledge(start)
            try await store.createBucket("photos")
            let listed = try await store.listConsumers()
            #expect(listed.map(\.name) == ["a", "b"])
            #expect(listed.allSatisfy { $0.position.lsn <= start.lsn + 2 && $0.lagCommits >= 1 && !$0.isOutdated })
            // Never back.
            let present = try await store.position()
            try await consumer.acknowledge(present)
            try await consumer.acknowledge(start)
            #expect(try await store.listConsumers().last?.position == present)
            try await store.removeConsumer(named: "b")
            try await store.removeConsumer(named: "b")
            #expect(try await store.listConsumers().map(\.name) == ["a"])
            let error = await #expect(throws: StoreError.self) { try await consumer.changes() }
            #expect(error?.code == .notFound)
            let long = String(repeating: "x", count: 129)
            let refused = await #expect(throws: StoreError.self) { try await store.consumer(named: long) }
            #expect(refused?.code == .invalidArgument)
        }
    }

    /// A note in another commit's place, or with any byte changed, is refused; its decoder takes any bytes.
    @Test func notesAreBoundToTheirCommits() async throws {
        let memory = try await MemoryEngine()
        let keys = try memory.engine.unlockedKeys()
        let records = [
            ChangeRecord(kind: .objectStored, bucket: "photos", key: "a\0b", versionID: .null),
            ChangeRecord(kind: .versionRemoved, bucket: "photos", key: "ä", versionID: VersionID(bytes: Array(0..<16))),
            ChangeRecord(kind: .bucketCreated, bucket: "other", key: nil, versionID: nil),
        ]
        let note = try keys.note(records, timeline: 1, lsn: 7, timeMilliseconds: 8)
        func decoded(
            _ bytes: [UInt8], timeline: UInt32 = 1, lsn: UInt64 = 7, time: Int64 = 8
        ) throws -> [ChangeRecord]? {
            try ChangeNote.decode(
                .init(lsn: lsn, timeMilliseconds: time, note: bytes), timeline: timeline, keys.changes)
        }
        #expect(try decoded(note) == records)
        #expect(try decoded(note, lsn: 6) == nil)
        #expect(try decoded(note, timeline: 2) == nil)
        #expect(try decoded(note, time: 9) == nil)
        var generator = SeededGenerator(seed: 3)
        for index in note.indices {
            var altered = note
            altered[index] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
            #expect(try decoded(altered) == nil)
            _ = ChangeNote.records(Array(altered.dropLast(32)))
            #expect(ChangeNote.records(Array(note.dropLast(32).prefix(index))) == nil || index >= note.count - 32)
        }
    }

    /// Where no versions are kept a row that is overwritten is not checked. Altered to say that it is another version,
    /// it once made the feed tell of that version's removal.
    @Test func aForgedRowThatIsReplacedIsNoChange() async throws {
        let memory = try await MemoryEngine()
        let bucket = try await memory.store.createBucket("photos")
        let start = try await memory.store.position()
        try await bucket.put("a", [1])
        var row = try ObjectRow(decoding: try await memory.stored("photos", "a").value)
        row.isNullVersion = false
        row.versionID = [UInt8](repeating: 7, count: 16)
        let value = row.encodedWithoutMAC() + [UInt8](repeating: 0, count: 32)
        try await memory.overwrite("photos", "a", value: value, payload: try await memory.payload("photos", "a"))
        try await bucket.put("a", [2])
        try await bucket.put("b", [3])
        var changes: [Change] = []
        for try await change in try await memory.store.changes(after: start) {
            changes.append(change)
            if change.key == "b" { break }
        }
        #expect(changes.map(\.kind) == [.objectStored, .objectStored, .objectStored])
        #expect(changes.allSatisfy { $0.versionID == .null })
    }

    @Test func inMemoryToo() async throws {
        let memory = try await MemoryEngine()
        let store = Store(engine: memory.engine, requester: .root)
        let start = try await store.position()
        let bucket = try await store.createBucket("photos", versioning: .enabled)
        try await bucket.put("a", [1])
        try await bucket.delete("a")
        var kinds: [Change.Kind] = []
        for try await change in try await store.changes(after: start) {
            kinds.append(change.kind)
            if kinds.count == 3 { break }
        }
        #expect(kinds == [.bucketCreated, .objectStored, .deleteMarkerCreated])
    }
}
