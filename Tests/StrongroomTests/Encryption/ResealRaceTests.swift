import StrongroomStorage
import StrongroomSystem
import Synchronization
import Testing

@testable import Strongroom

/// Resealing while others read, write and change the default, and when it breaks off.
@Suite("Resealing beside others")
struct ResealRaceTests {
    private let fixture: ModeFixture
    private let store: Store

    init() async throws {
        fixture = try ModeFixture()
        store = try await fixture.open()
    }

    private static func body(_ size: Int, _ seed: Int) -> [UInt8] {
        (0..<size).map { UInt8(truncatingIfNeeded: ($0 &* 167 &+ seed) >> 3) }
    }

    /// Whether it was put: the default may change while a body that cannot be sealed again is on its way.
    private static func putUnlessInConflict(
        _ bucket: Bucket, _ key: ObjectKey, _ body: [UInt8]
    ) async throws -> Bool {
        do throws(StoreError) {
            try await bucket.put(key, body)
            return true
        } catch {
            guard error.code == .conflict else { throw error }
            return false
        }
    }

    /// A put that asked for something of its own between the look and the update lost its context, or its key.
    @Test func whatOthersMakeOfAnObjectMeanwhileStays() async throws {
        let bucket = try await store.createBucket("bucket")
        for number in 0..<20 { try await bucket.put("k\(number)", [1]) }
        try await bucket.setDefaultEncryption(.kms(key: "app"))
        // The page is read, and then what it has not come to is another.
        let isDone = DecisionFlag()
        let slow = Task { try await bucket.reseal(ResealOptions(ratePerSecond: 20)) { _ in isDone.set(true) } }
        while try await store.encryptionCoverage(of: "bucket").unlikeDefaultCount == 20 { await Task.yield() }
        for number in (10..<20).reversed() {
            let encryption: EncryptionRequest =
                number.isMultiple(of: 2) ? .kms(key: "app", context: ["tenant": "blue"]) : .s3Managed
            try await bucket.put("k\(number)", [2], options: PutOptions(encryption: encryption))
        }
        #expect(!isDone.value)
        let report = try await slow.value
        #expect(report.isComplete, "\(report)")
        for number in 10..<20 {
            switch try await bucket.head("k\(number)").encryption {
            case .kms(let kms): #expect(number.isMultiple(of: 2) && kms.context == ["tenant": "blue"])
            case .s3Managed: #expect(!number.isMultiple(of: 2))
            default: Issue.record("\(number)")
            }
        }
        try await store.close()
    }

    /// The job went on by the default that it had begun with, and brought new objects down to it.
    @Test func aDefaultThatChangesMeanwhileCounts() async throws {
        let bucket = try await store.createBucket("bucket", defaultEncryption: .kms(key: "app"))
        for number in 0..<20 { try await bucket.put("k\(number)", [1], options: PutOptions(encryption: .s3Managed)) }
        let slow = Task { try await bucket.reseal(ResealOptions(ratePerSecond: 20)) }
        while try await store.encryptionCoverage(of: "bucket").unlikeDefaultCount == 20 { await Task.yield() }
        try await bucket.setDefaultEncryption(.kmsDualLayer(key: "other"))
        let report = try await slow.value
        #expect(report.isComplete)
        #expect(try await store.encryptionCoverage(of: "bucket").entries.map(\.mode) == [.kmsDualLayer])
        try await store.close()
    }

    @Test func workThatIsBrokenOffSaysWhereToGoOn() async throws {
        let bucket = try await store.createBucket("bucket")
        for number in 0..<200 { try await bucket.put("k\(number)", [UInt8(number)]) }
        let place = LastPlace()
        let task = Task {
            try await bucket.reseal(ResealOptions(renewsDataKeys: true, ratePerSecond: 500)) { place.note($0.cursor) }
        }
        while place.value == nil { await Task.yield() }
        task.cancel()
        await #expect(throws: StoreError.self) { _ = try await task.value }
        let rest = try await bucket.reseal(ResealOptions(renewsDataKeys: true, after: place.value))
        #expect(rest.isComplete && (1..<200).contains(rest.resealedCount))
        try await store.close()
    }

    @Test func whoReadsAndWritesMeanwhileIsNotDisturbed() async throws {
        let bucket = try await store.createBucket("bucket", versioning: .enabled)
        for number in 0..<30 { try await bucket.put("k\(number)", Self.body(number * 700, number)) }
        let isOver = DecisionFlag()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                defer { isOver.set(true) }
                for standard in ResealTests.defaults + ResealTests.defaults.reversed() {
                    try await bucket.setDefaultEncryption(standard)
                    _ = try await bucket.reseal(ResealOptions(allowsLesserModes: true))
                }
            }
            for task in 0..<3 {
                group.addTask {
                    var round = 0
                    while !isOver.value {
                        let number = (round * 7 + task) % 30
                        let key: ObjectKey = "k\(number)"
                        #expect(
                            try await bucket.get(key).collect(upTo: 1 << 20) == Self.body(number * 700, number))
                        try await bucket.setTags(ObjectTags(checked: ["r": "\(round)"]), of: key)
                        let isPut = try await Self.putUnlessInConflict(
                            bucket, key, Self.body(number * 700, number))
                        // Never more than were put: the last version would go, and the others would miss the key.
                        if isPut && round.isMultiple(of: 3) {
                            let newest = try await bucket.head(key).versionID
                            try await bucket.delete(key, version: newest)
                        }
                        round += 1
                    }
                }
            }
            try await group.waitForAll()
        }
        let last = try await bucket.reseal(ResealOptions(allowsLesserModes: true))
        #expect(last.isComplete)
        #expect(try await store.encryptionCoverage(of: "bucket").unlikeDefaultCount == 0)
        #expect(try await store.verify(readingData: true).isSound)
        try await store.close()
    }

    /// The reaper had listed the new parts among those that nobody owns, came to them when their object's row named
    /// them, and removed them.
    @Test func newPartsAreNotTakenForAbandonedOnes() async throws {
        let bucket = try await store.createBucket("bucket")
        for number in 0..<8 {
            let key: ObjectKey = "k\(number)"
            let upload = try await bucket.createUpload(key).id
            let part = try await bucket.uploadPart(1, of: key, upload, [UInt8(number)])
            try await bucket.completeUpload(key, upload, parts: [CompletedPart(part)])
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    for _ in 0..<15 { _ = try await bucket.reseal(ResealOptions(renewsDataKeys: true)) }
                }
            }
            try await group.waitForAll()
        }
        await store.engine.parts.settle()
        for number in 0..<8 { #expect(try await bucket.get("k\(number)").collect(upTo: 1) == [UInt8(number)]) }
        #expect(try await store.verify(readingData: true).isSound)
        try await store.close()
    }

    /// The story: an object's row stayed pinned for as long as all of the object was read, sealed and written, and so
    /// long no segment was recycled and no deleted file unlinked.
    @Test func anObjectThatIsBeingSealedKeepsNoSpaceFromComingBack() async throws {
        let embedded = try #require(store.engine.storage.embedded)
        let watch = ReaderWatch()
        let watched = try await store.over(
            { $0 },
            blobs: { base in
                WatchedBlobs(base: base) {
                    // Somebody else may be about to leave.
                    for _ in 0..<500 {
                        if try await embedded.statistics().readerCount == 0 { return watch.note(isFree: true) }
                        try await Task.sleep(for: .milliseconds(1))
                    }
                    watch.note(isFree: false)
                }
            })
        let bucket = try await watched.createBucket("bucket")
        try await bucket.put("whole", Self.body(6_000_000, 1))
        let upload = try await bucket.createUpload("parts").id
        let part = try await bucket.uploadPart(1, of: "parts", upload, Self.body(5_000_000, 2))
        try await bucket.completeUpload("parts", upload, parts: [CompletedPart(part)])
        watch.begin()
        let report = try await bucket.reseal(ResealOptions(renewsDataKeys: true))
        #expect(report.isComplete && report.resealedCount == 2)
        let looks = watch.end()
        #expect(looks.free > 1 && looks.held == 0, "\(looks)")
        #expect(try await bucket.get("whole").collect(upTo: 8 << 20) == Self.body(6_000_000, 1))
        await watched.engine.parts.settle(forever: true)
        try await watched.close()
    }

    /// New parts stand under a uid that no row names until the end.
    @Test func workThatBreaksOffLeavesNothingBehind() async throws {
        let bucket = try await store.createBucket("bucket")
        let upload = try await bucket.createUpload("big").id
        var parts: [CompletedPart] = []
        for number in 1...12 {
            parts.append(
                CompletedPart(try await bucket.uploadPart(number, of: "big", upload, Self.body(9_000, number))))
        }
        try await bucket.completeUpload("big", upload, parts: parts)
        let whole = try await bucket.get("big").collect(upTo: 1 << 20)
        var brokenOff = 0
        for round in 0..<30 {
            let task = Task { try await bucket.reseal(ResealOptions(renewsDataKeys: true)) }
            try await Task.sleep(for: .microseconds(300 * round))
            task.cancel()
            if case .failure = await task.result { brokenOff += 1 }
        }
        #expect(brokenOff > 0)
        #expect(try await bucket.get("big").collect(upTo: 1 << 20) == whole)
        await store.engine.parts.settle()
        let report = try await store.verify(readingData: true)
        #expect(report.isSound, "\(report)")
        let rows = try await store.engine.readStorage { snapshot throws(StorageError) in
            var count = 0
            try snapshot.scan(from: [RowKey.partTable], to: [RowKey.partTable + 1]) { _, _ in
                count += 1
                return .next
            }
            return count
        }
        #expect(rows == 12)
        try await store.close()
    }
}

private final class LastPlace: Sendable {
    private let place = Mutex<UpkeepCursor?>(nil)
    var value: UpkeepCursor? { place.withLock { $0 } }
    func note(_ cursor: UpkeepCursor?) { place.withLock { $0 = cursor } }
}

/// How often, when an object's file was read, somebody held an epoch of the store.
private final class ReaderWatch: Sendable {
    private let state = Mutex((isOn: false, free: 0, held: 0))

    func begin() { state.withLock { $0 = (true, 0, 0) } }

    func end() -> (free: Int, held: Int) {
        state.withLock { state in
            state.isOn = false
            return (state.free, state.held)
        }
    }

    func note(isFree: Bool) {
        state.withLock { state in
            guard state.isOn else { return }
            if isFree { state.free += 1 } else { state.held += 1 }
        }
    }
}

/// The files of a store, with a look at something before each piece but the first that is read of them.
private struct WatchedBlobs: BlobStore {
    let base: any BlobStore
    let look: @Sendable () async throws -> Void

    func create(_ prelude: BlobPrelude) async throws(StorageError) -> any BlobWriter { try await base.create(prelude) }

    func open(
        _ reference: BlobReference, expecting prelude: BlobPrelude
    ) async throws(StorageError) -> any BlobReader {
        Reader(base: try await base.open(reference, expecting: prelude), look: look)
    }

    func delete(_ reference: BlobReference) async throws(StorageError) { try await base.delete(reference) }

    private final class Reader: BlobReader {
        let base: any BlobReader
        let look: @Sendable () async throws -> Void

        init(base: any BlobReader, look: @escaping @Sendable () async throws -> Void) {
            (self.base, self.look) = (base, look)
        }

        var reference: BlobReference { base.reference }

        func read(at offset: UInt64, count: Int) async throws(StorageError) -> [UInt8] {
            // The first piece may be read while the object is being opened.
            do { if offset > 1 << 20 { try await look() } } catch { Issue.record(error) }
            return try await base.read(at: offset, count: count)
        }
    }
}
