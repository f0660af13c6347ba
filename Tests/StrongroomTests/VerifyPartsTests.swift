import StrongroomKeys
import StrongroomStorage
import StrongroomSystem
import Testing

@testable import Strongroom

@Suite("Verify: parts, uploads, the lock clock")
struct VerifyPartsTests {
    /// A bucket with objects in parts of every kind: current, old, left for its readers, and an upload.
    private struct Bench {
        let memory: MemoryEngine
        let bucket: Bucket
        /// Keeps the parts of a deleted object.
        let held: ObjectBody

        init() async throws {
            memory = try await MemoryEngine()
            bucket = try await memory.store.createBucket("bucket", versioning: .enabled)
            try await ObjectPartsTests.upload([1: 10, 2: 20, 5: 30], to: bucket, "current")
            try await ObjectPartsTests.upload([1: 10], to: bucket, "old")
            try await bucket.put("old", [1])
            let gone = try await ObjectPartsTests.upload([1: 10, 2: 2_000], to: bucket, "gone")
            held = try await bucket.get("gone")
            try await bucket.delete("gone", version: gone.versionID)
            let upload = try await bucket.createUpload("upload").id
            try await bucket.uploadPart(7, of: "upload", upload, [1])
        }

        func findings() async throws -> [VerificationReport.Finding] {
            let quick = try await memory.store.verify()
            #expect(quick.isSound == (quick.findings == []))
            let whole = try await memory.store.verify(readingData: true)
            #expect(whole.findings.map(\.place) == quick.findings.map(\.place))
            return quick.findings
        }

        /// What is found while the rows of a table that `change` names are others.
        func findings(
            _ table: UInt8,
            _ change: (_ rows: [(key: [UInt8], row: StoredRow)]) throws -> [(key: [UInt8], row: StoredRow?)]
        ) async throws -> [VerificationReport.Finding] {
            let honest = try await memory.rows(table)
            let changed = try change(honest)
            try await memory.put(changed)
            let found = try await findings()
            let added = changed.filter { row in !honest.contains { $0.key == row.key } }
            try await memory.put(added.map { ($0.key, nil) } + honest.map { ($0.key, $0.row) })
            return found
        }
    }

    @Test("Parts that somebody owns are no finding: an object, an old version, an upload, a reader")
    func sound() async throws {
        let bench = try await Bench()
        #expect(try await bench.memory.rows(RowKey.partTable).count == 7)
        #expect(try await bench.memory.rows(RowKey.abandonedPartsTable).count == 1)
        #expect(try await bench.findings() == [])
        withExtendedLifetime(bench.held) {}
    }

    @Test(
        "Parts whose owner is gone are reported, with how many they are",
        arguments: [
            (RowKey.currentTable, 3), (RowKey.versionTable, 1), (RowKey.uploadTable, 1),
            (RowKey.abandonedPartsTable, 2),
        ])
    func unowned(table: UInt8, count: Int) async throws {
        let bench = try await Bench()
        let owners = try await bench.memory.rows(RowKey.partTable).map { try #require(PartsOwner(rowKey: $0.key)) }
        let found = try await bench.findings(table) { rows in
            try rows.filter { row in
                try table != RowKey.currentTable || ObjectRow(decoding: row.row.value).parts != nil
            }.map { ($0.key, nil) }
        }
        #expect(found.count == 1, "\(found)")
        #expect(found.first?.reason.contains("there are \(count),") == true, "\(found)")
        #expect(owners.contains { $0.place == found.first?.place })
        #expect(try await bench.findings() == [])
        withExtendedLifetime(bench.held) {}
    }

    @Test("A part's row that was altered, moved or taken away is reported")
    func parts() async throws {
        let bench = try await Bench()
        let altered = try await bench.findings(RowKey.partTable) { rows in
            var row = rows[0].row
            row.value[row.value.count - 1] ^= 1
            return [(rows[0].key, row)]
        }
        #expect(altered.contains { $0.place.hasPrefix("part ") }, "\(altered)")
        // Under a number of its own, below an object that does not exist.
        let moved = try await bench.findings(RowKey.partTable) { rows in
            var key = rows[0].key
            key[RowKey.prefixBytes] ^= 1
            return [(key, rows[0].row)]
        }
        #expect(moved.count == 2, "\(moved)")
        for offset in [1, 0] {
            let short = try await bench.findings(RowKey.partTable) { rows in
                [(Array(rows[0].key.prefix(RowKey.prefixBytes + ObjectRow.uidBytes + offset)), rows[0].row)]
            }
            // Where it stands among an object's parts, that object cannot be read either.
            #expect(short.contains { $0.reason == "the key of a part's row cannot be read" }, "\(short)")
        }
        let current = RowKey.parts(
            try bench.memory.engine.bucket("bucket").row.uid,
            of: try ObjectRow(decoding: try await bench.memory.stored("bucket", "current").value).objectUID)
        let lost = try await bench.findings(RowKey.partTable) { rows in
            rows.filter { $0.key.starts(with: current) }.prefix(1).map { ($0.key, nil) }
        }
        #expect(lost.map(\.place) == ["\"bucket/current\""], "\(lost)")
        withExtendedLifetime(bench.held) {}
    }

    @Test("An upload's row and a note of parts to remove are looked at")
    func uploadsAndNotes() async throws {
        let bench = try await Bench()
        let upload = try await bench.findings(RowKey.uploadTable) { rows in
            var row = rows[0].row
            row.value[row.value.count - 1] ^= 1
            return [(rows[0].key, row)]
        }
        #expect(upload.count == 1 && upload.first?.place.hasPrefix("upload in row 05") == true, "\(upload)")
        let note = try await bench.findings(RowKey.abandonedPartsTable) { rows in
            [(Array(rows[0].key.dropLast()), rows[0].row), (rows[0].key + [0], rows[0].row), ([0x0B], rows[0].row)]
        }
        #expect(note.count == 3 && note.allSatisfy { $0.reason.contains("note of parts to remove") }, "\(note)")
        withExtendedLifetime(bench.held) {}
    }

    @Test("Uploads that are completed, aborted, deleted and removed meanwhile are no finding")
    func busy() async throws {
        try await withStore(ObjectPartsTests.options) { store, _ in
            let bucket = try await store.createBucket("bucket", versioning: .enabled)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for task in 0..<4 {
                    group.addTask {
                        for round in 0..<40 {
                            let key: ObjectKey = "\(task)/\(round % 3)"
                            let receipt = try await ObjectPartsTests.upload([1: 9, 2: 9], to: bucket, key)
                            if round % 2 == 0 { try await bucket.delete(key, version: receipt.versionID) }
                            let upload = try await bucket.createUpload(key).id
                            try await bucket.uploadPart(1, of: key, upload, [1])
                            if round % 4 != 0 { try await bucket.abortUpload(key, upload) }
                        }
                    }
                }
                group.addTask {
                    for round in 0..<12 {
                        let report = try await store.verify(readingData: round % 4 == 0)
                        #expect(report.findings == [])
                    }
                }
                try await group.waitForAll()
            }
            await store.engine.parts.settle()
            #expect(try await store.verify().findings == [])
        }
    }

    @Test("A locked store's parts are held against their owners all the same")
    func locked() async throws {
        let directory = try TemporaryDirectory()
        var store = try await Store.open(at: directory.store, options: ObjectPartsTests.options)
        let bucket = try await store.createBucket("bucket")
        try await ObjectPartsTests.upload([1: 300_000, 2: 10], to: bucket, "key")
        _ = try await bucket.createUpload("upload")
        try await store.close()
        try directory.removeTree(directory.keyring)
        var options = ObjectPartsTests.options
        options.whenKeyringMissing = .openLocked
        store = try await Store.open(at: directory.store, options: options)
        let report = try await store.verify(readingData: true)
        #expect(report.wasLocked && report.isSound, "\(report.findings)")
        try await store.close()
    }

    @Test("A row of the lock clock that is lost or was altered is reported, where there is something to lock")
    func lockClock() async throws {
        let memory = try await MemoryEngine()
        let bucket = try await memory.store.createBucket("bucket", versioning: .enabled)
        #expect(try await memory.store.verify().isSound)
        try await bucket.enableObjectLock()
        #expect(try await memory.store.verify().isSound)
        let honest = try #require(try await memory.rows(RowKey.lockClockTable).first)
        var altered = honest.row
        altered.value[altered.value.count - 40] ^= 1
        for (row, word) in [(altered, "not what was written"), (nil, "missing")] {
            try await memory.put([(honest.key, row)])
            let findings = try await memory.store.verify().findings
            #expect(findings.map(\.place) == ["the lock clock"])
            #expect(findings.first?.reason.contains(word) == true)
        }
        try await memory.put([(honest.key, honest.row)])
        #expect(try await memory.store.verify().isSound)
    }
}
