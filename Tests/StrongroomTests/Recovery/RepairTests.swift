import Foundation
import StrongroomSystem
import SystemPackage
import Testing

@testable import Strongroom
@testable import StrongroomStorage

@Suite("Repair")
struct RepairTests {
    private static func catalog(_ filled: FilledStore) -> FilePath {
        filled.directory.store.appending("catalog/data.mdb")
    }

    private static func takeImage(_ filled: FilledStore) async throws {
        let store = try await Store.open(at: filled.directory.store, options: FilledStore.options)
        _ = try await store.engine.storage.embedded?.takeImage()
        try await store.bucket("plain").put("after the image", [7])
        try await store.close()
    }

    @Test("A catalog that is lost or damaged is rebuilt, equal to before", arguments: [false, true], [false, true])
    func lostCatalog(hasImage: Bool, isDamaged: Bool) async throws {
        let filled = try await FilledStore()
        if hasImage { try await Self.takeImage(filled) }
        let before = try await FilledStore.soundCensus(at: filled.directory.store)
        let path = Self.catalog(filled)
        if isDamaged {
            var bytes = try filled.directory.contents(of: path)
            for index in 0..<8192 { bytes[index] = 0 }
            try filled.directory.overwrite(path, with: bytes)
        } else {
            try FileManager.default.removeItem(atPath: path.string)
        }
        #expect(try await OpeningTests.openingCode(filled.directory) == .corrupted)

        var options = RepairOptions()
        options.isDryRun = true
        let plan = try await Store.repair(at: filled.directory.store, options: options)
        #expect(plan.steps.map(\.kind) == [.catalogRebuilt])
        #expect(try await OpeningTests.openingCode(filled.directory) == .corrupted)

        let report = try await Store.repair(at: filled.directory.store)
        #expect(report.steps.map(\.kind) == [.catalogRebuilt])
        #expect(!report.hasLostCommits)
        #expect(report.steps[0].detail.contains(hasImage ? "the image of LSN" : "the whole journal"))
        let after = try await FilledStore.soundCensus(at: filled.directory.store)
        #expect(after.difference(to: before) == [])
        #expect(try await Store.repair(at: filled.directory.store).steps == [])
    }

    /// The story: such a store was repaired as if it had never had a commit, and the next opening removed all files of
    /// large objects, which no row named any more.
    @Test("Where catalog and journal are both lost, that is told, and the files of large objects stay")
    func everythingLost() async throws {
        let filled = try await FilledStore()
        let store = filled.directory.store
        let blobs = try filled.directory.files(below: store.appending("blobs")).count
        #expect(blobs > 0)
        try FileManager.default.removeItem(atPath: Self.catalog(filled).string)
        for path in try filled.directory.files(below: store.appending("journal")) {
            try FileManager.default.removeItem(atPath: path.string)
        }
        let report = try await Store.repair(at: store)
        #expect(report.hasLostCommits)
        #expect(report.steps.map(\.kind).contains(.journalSalvaged))
        #expect(report.setAside.count { $0.string.contains(".blob") } == blobs)
        var options = FilledStore.options
        options.whenRolledBack = .accept
        try await Store.open(at: store, options: options).close()
        #expect(try filled.directory.files(below: store.appending("blobs")).count >= blobs)
        #expect(try await Store.repair(at: store).steps == [])
    }

    /// The story: the next segment got the number of the one that was lost, and rows that named that one were read from
    /// there: their objects were told as altered, and by `verify` without their data as sound.
    @Test("No segment gets the number of one that is lost and named by rows")
    func lostSegment() async throws {
        let directory = try TemporaryDirectory()
        let journal = directory.store.appending("journal")
        let store = try await Store.open(at: directory.store, options: .forTests)
        let bucket = try await store.createBucket("bucket")
        for number in 0..<500 {
            try await bucket.put(ObjectKey("\(number)"), (0..<3_000).map { UInt8(truncatingIfNeeded: $0 &* number) })
        }
        try await store.close()
        let last = try #require(try PosixFileSystem().list(journal).filter { $0.hasPrefix("0") }.max())
        try PosixFileSystem().remove(journal.appending(last))
        #expect(try await Store.repair(at: directory.store).steps.map(\.kind).contains(.journalSalvaged))
        var options = StoreOptions.forTests
        options.whenRolledBack = .accept
        let repaired = try await Store.open(at: directory.store, options: options)
        for number in 500..<600 { try await repaired.bucket("bucket").put(ObjectKey("\(number)"), [7, 8, 9]) }
        let report = try await repaired.verify()
        #expect(report.findings.contains { $0.reason.contains("segment") }, "\(report.findings.prefix(3))")
        try await repaired.close()
        #expect(try PosixFileSystem().status(journal.appending(last)) == nil)
    }

    /// The story: one was added to each of these, and the process that opened or repaired the store ended.
    @Test("Numbers that no store comes to are no files of it")
    func forgedNumbers() async throws {
        let filled = try await FilledStore()
        let store = filled.directory.store
        let greatest = String(UInt64.max)
        for name in [
            "\(greatest).wal", "spare-\(greatest).wal", "preparing-\(greatest).wal", "\(greatest).wal.aside-1",
        ] {
            try filled.directory.write([1, 2, 3], to: store.appending("journal").appending(name))
        }
        try FileManager.default.createDirectory(
            atPath: store.appending("blobs/ffffffffffffffff").string, withIntermediateDirectories: false)
        try filled.directory.write([], to: store.appending("catalog/data.mdb.aside-\(greatest)"))
        #expect(try await FilledStore.soundCensus(at: store).difference(to: filled.census) == [])
        var options = RepairOptions()
        options.catalogDamage = "it is to be made anew"
        #expect(try await Store.repair(at: store, options: options).steps.map(\.kind) == [.catalogRebuilt])
        #expect(try await FilledStore.soundCensus(at: store).difference(to: filled.census) == [])
    }

    @Test("What ended the process that read the catalog is believed")
    func damageThatIsTold() async throws {
        let filled = try await FilledStore()
        var options = RepairOptions()
        options.catalogDamage = "a process that read it was ended by signal 6"
        let report = try await Store.repair(at: filled.directory.store, options: options)
        #expect(report.steps.map(\.kind) == [.catalogRebuilt])
        #expect(report.setAside.first == FilePath("\(Self.catalog(filled)).aside-1"))
        #expect(try await FilledStore.soundCensus(at: filled.directory.store).difference(to: filled.census) == [])
    }

    @Test("A sound store has nothing to mend, an open one is not touched, and no store is none")
    func nothingToMend() async throws {
        let filled = try await FilledStore()
        #expect(try await Store.repair(at: filled.directory.store).steps == [])
        let store = try await Store.open(at: filled.directory.store, options: FilledStore.options)
        #expect(try await errorCode { try await Store.repair(at: filled.directory.store) } == .storeInUse)
        try await store.close()
        let nowhere = filled.directory.path.appending("nowhere")
        #expect(try await errorCode { try await Store.repair(at: nowhere) } == .notFound)
    }

    /// Repair must be no oracle: what it takes over from files that somebody has forged, with right hashes, is opened
    /// by nobody who has the keys.
    @Test("13: a forged image of the catalog yields nothing that its MACs do not let pass")
    func forgedImage() async throws {
        let filled = try await FilledStore()
        try await Self.takeImage(filled)
        let files = PosixFileSystem()
        let folder = filled.directory.store.appending("catalog")
        let name = try #require(try files.list(folder).first { $0.hasPrefix("image-") })
        let path = folder.appending(name)
        let forged = try Self.forge(path, files)
        #expect(forged.count == 4)
        try FileManager.default.removeItem(atPath: Self.catalog(filled).string)
        let report = try await Store.repair(at: filled.directory.store)
        #expect(report.steps.map(\.kind) == [.catalogRebuilt])

        let store = try await Store.open(at: filled.directory.store, options: FilledStore.options)
        let bucket = store.bucket("plain")
        var refused = 0
        for number in 0..<24 where number != 4 {
            let key = ObjectKey("object \(number)")
            do {
                let body = try await bucket.get(key)
                let bytes = try await body.collect(upTo: 1 << 20)
                // What came through is what was written, to the last byte.
                let told = try #require(
                    filled.census.things.first { $0.key.hasPrefix("plain/\(key.rawValue) version") })
                #expect(try told.value.hasSuffix(", \(StoreCensus.text(bytes))"))
            } catch {
                #expect((error as? StoreError)?.code == .damaged)
                refused += 1
            }
        }
        #expect(refused == forged.count)
        #expect(try await !store.verify(readingData: true).isSound)
        try await store.close()
    }

    /// Swaps the rows of the first and second object, their payload locations alone of the third and fourth; all
    /// hashes are right again.
    private static func forge(_ path: FilePath, _ files: PosixFileSystem) throws -> [[UInt8]] {
        var reader = try ImageReader(try files.open(path, .readOnly), storeID: nil)
        let header = reader.header
        var rows: [ImageReader.Row] = []
        while let more = try reader.next() { rows += more }
        let objects = rows.indices.filter { index in
            guard rows[index].key[0] == RowKey.currentTable,
                let (payload, _) = StoredRowCodec.decodePayload(rows[index].value)
            else { return false }
            return if case .segment = payload { true } else { false }
        }
        // Those of the bucket without versions, which has more.
        let buckets = Dictionary(grouping: objects) { Array(rows[$0].key[1..<RowKey.prefixBytes]) }
        let picked = Array(try #require(buckets.values.max { $0.count < $1.count }).prefix(4))
        rows.swapValues(picked[0], picked[1])
        func row(_ index: Int) throws -> StoredRow { try #require(StoredRowCodec.decode(rows[index].value)) }
        let (third, fourth) = (try row(picked[2]), try row(picked[3]))
        rows[picked[2]].value = StoredRowCodec.encode(value: third.value, payload: fourth.payload)
        rows[picked[3]].value = StoredRowCodec.encode(value: fourth.value, payload: third.payload)
        try FileManager.default.removeItem(atPath: path.string)
        let file = try files.open(path, .create)
        var writer = try ImageWriter(file, storeID: header.storeID, appliedLSN: header.appliedLSN)
        for (key, value) in rows { try writer.add(key, value) }
        _ = try writer.finish()
        return picked.map { rows[$0].key }
    }
}

extension [ImageReader.Row] {
    fileprivate mutating func swapValues(_ first: Int, _ second: Int) {
        let value = self[first].value
        self[first].value = self[second].value
        self[second].value = value
    }
}
