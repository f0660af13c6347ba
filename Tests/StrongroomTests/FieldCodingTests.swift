import StrongroomCrypto
import Testing

@testable import Strongroom

@Suite("Canonical fields")
struct FieldCodingTests {
    @Test("What was written is read, whatever the values", arguments: 0..<200)
    func roundTrip(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let tags = Set(
            (0..<Int.random(in: 0...8, using: &generator)).map { _ in UInt16.random(in: 1...40, using: &generator) })
        let fields = tags.sorted().map { ($0, generator.bytes(Int.random(in: 0...50, using: &generator))) }
        var writer = FieldWriter()
        for (tag, value) in fields { writer.put(tag, value) }
        var reader = FieldReader(writer.bytes)
        for (tag, value) in fields { #expect(try Array(reader.required(tag)) == value) }
        try reader.finish()
    }

    @Test("No two different lists of fields have the same bytes: a value never spills into the next field")
    func unambiguous() {
        var first = FieldWriter()
        first.put(1, text: "a")
        first.put(2, text: "bc")
        var second = FieldWriter()
        second.put(1, text: "ab")
        second.put(2, text: "c")
        #expect(first.bytes != second.bytes)
    }

    @Test("Hostile bytes are refused, never trusted and never a trap", arguments: 0..<500)
    func hostile(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var writer = FieldWriter()
        writer.put(1, generator.bytes(16))
        writer.put(3, integer: UInt64(seed))
        var bytes = writer.bytes
        let position = Int.random(in: 0..<bytes.count, using: &generator)
        switch seed % 3 {
        case 0: bytes.removeLast(Int.random(in: 1...bytes.count, using: &generator))
        case 1: bytes[position] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
        default: bytes += generator.bytes(Int.random(in: 1...20, using: &generator))
        }
        var reader = FieldReader(bytes)
        do {
            _ = try reader.required(1, count: 16)
            let integer: UInt64 = try reader.integer(3)
            try reader.finish()
            // Only a flipped bit inside a value can pass here; the row MAC refuses it.
            #expect(seed % 3 == 1 && (bytes[6..<22] != writer.bytes[6..<22] || integer != seed))
        } catch {
            #expect(!error.reason.isEmpty)
        }
    }
}

@Suite("Rows")
struct RowCodingTests {
    static func row(_ generator: inout SeededGenerator) -> ObjectRow {
        let isSealed = Bool.random(using: &generator)
        let parts = Bool.random(using: &generator) ? PartTable.pending : nil
        return ObjectRow(
            objectUID: generator.bytes(16), versionID: generator.bytes(16),
            lsn: .random(in: 0...(.max), using: &generator),
            lastModifiedMilliseconds: .random(in: 0...(1 << 50), using: &generator),
            sizeBytes: .random(in: 0...(1 << 50), using: &generator),
            storedBytes: .random(in: 0...(1 << 50), using: &generator),
            sealing: isSealed
                ? .wrapped(
                    .init(
                        mode: .s3Managed, suite: 1, layers: 1, backendID: "s3-managed", keyID: "kék",
                        keyVersion: "7", wrappedKey: generator.bytes(104), wrapBinding: generator.bytes(32),
                        descriptorMAC: parts == nil ? generator.bytes(32) : []))
                : .none,
            attributes: generator.bytes(.random(in: 72...600, using: &generator)),
            treeHash: Bool.random(using: &generator) ? generator.bytes(32) : nil,
            isNullVersion: Bool.random(using: &generator),
            storageClass: StorageClass.all.randomElement(using: &generator)!, parts: parts)
    }

    @Test("An object's row is read as it was written", arguments: 0..<100)
    func roundTrip(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let row = Self.row(&generator)
        #expect(try ObjectRow(decoding: row.encodedWithoutMAC() + generator.bytes(32)) == row)
    }

    @Test("Rows of versions, uploads and parts, and part tables, are read as they were written", arguments: 0..<50)
    func otherRows(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let mac = generator.bytes(32)
        let marker = DeleteMarkerRow(
            uid: generator.bytes(16), versionID: generator.bytes(16), lsn: generator.next(), createdMilliseconds: 7,
            isNullVersion: Bool.random(using: &generator))
        #expect(try DeleteMarkerRow(decoding: marker.encodedWithoutMAC() + mac) == marker)
        let numbers = Set((0..<20).map { _ in Int.random(in: 1...30, using: &generator) }).sorted()
        let parts = numbers.map { number in
            (
                number: number,
                row: PartRow(
                    partUID: generator.bytes(16), lsn: 1, lastModifiedMilliseconds: 2,
                    sizeBytes: .random(in: 0...(1 << 40), using: &generator), storedBytes: 4,
                    partMAC: Bool.random(using: &generator) ? generator.bytes(32) : [], attributes: generator.bytes(90),
                    treeHash: Bool.random(using: &generator) ? generator.bytes(32) : nil)
            )
        }
        for part in parts { #expect(try PartRow(decoding: part.row.encodedWithoutMAC() + mac) == part.row) }
        let table = try PartTable(parts)
        #expect(table.count == numbers.count)
        #expect((0...40).filter(table.contains) == numbers)
        #expect(try PartTable(decoding: table.encoded[...]) == table)
        #expect(try PartTable(Array(parts.dropLast())) != table)
        var object = Self.row(&generator)
        object.parts = .pending
        if case .wrapped(var sealing) = object.sealing {
            sealing.descriptorMAC = []
            object.sealing = .wrapped(sealing)
        }
        let checksums = [
            UploadChecksum(algorithm: .crc32, type: Bool.random(using: &generator) ? .fullObject : .composite),
            UploadChecksum(algorithm: .sha256, type: .composite),
        ]
        let upload = UploadRow(object: object, checksums: checksums, wantsMD5: Bool.random(using: &generator))
        #expect(try UploadRow(decoding: upload.encodedWithoutMAC() + mac) == upload)
    }

    @Test("Row keys of versions and uploads keep the order of keys, zero bytes included, and lead back to them")
    func rowKeys() throws {
        var generator = SeededGenerator(seed: 9)
        let uid = generator.bytes(16)
        let texts = ["a", "a\0", "a\0\0", "a\0b", "a\u{1}", "ab", "b", String(repeating: "\0", count: 1_024)]
        let keys = try texts.map { try ObjectKey($0) }.sorted()
        var rows: [[UInt8]] = []
        for key in keys {
            for lsn in [UInt64.max, 300, 1] {
                let row = RowKey.version(uid, key, lsn: lsn)
                let parsed = try #require(RowKey.parseVersion(row))
                #expect(parsed.key == Array(key.rawValue.utf8) && parsed.lsn == lsn)
                #expect(RowProbe.isCanonical(version: row))
                rows.append(row)
            }
            let upload = RowKey.upload(uid, key, generator.bytes(16))
            #expect(try #require(RowKey.parseUpload(upload)).key == Array(key.rawValue.utf8))
        }
        #expect(rows == rows.sorted { $0.lexicographicallyPrecedes($1) })
    }

    @Test("LSN and time stand where the committer patches them", arguments: 0..<20)
    func patchedOffsets(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        var row = Self.row(&generator)
        let before = row.encodedWithoutMAC()
        row.lsn = ~row.lsn
        row.lastModifiedMilliseconds = ~row.lastModifiedMilliseconds
        let after = row.encodedWithoutMAC()
        let changed = zip(before, after).enumerated().filter { $0.element.0 != $0.element.1 }.map(\.offset)
        let expected =
            Array(ObjectRow.lsnOffset..<ObjectRow.lsnOffset + 8)
            + Array(ObjectRow.lastModifiedOffset..<ObjectRow.lastModifiedOffset + 8)
        #expect(changed == expected)
    }

    @Test("A default retention's moment stands where the committer patches it", arguments: 0..<20)
    func patchedRetention(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        var row = Self.row(&generator)
        (row.lsn, row.lastModifiedMilliseconds) = (0, 0)
        let keys = try BucketKeys(
            SharedSecret(SecretBytes(copying: unsafe generator.bytes(32).span.bytes)), bucketUID: generator.bytes(16))
        let draft = ObjectDraft(row: row, etag: "", checksums: [], bucketKeys: keys)
        let retention = DefaultRetention(mode: .governance, period: .days(1))
        let lock = PutLock(term: .from(retention), legalHold: Bool.random(using: &generator))
        let time = LockTime(milliseconds: 0, isConfirmed: true)
        let value = try draft.locked(lock).row(lsn: 5, timeMilliseconds: 1_000, time, rowKey: [4])
        (row.lsn, row.lastModifiedMilliseconds) = (5, 1_000)
        row.lock.retention = StoredRetention(mode: .governance, untilMilliseconds: 1_000 + 86_400_000)
        row.lock.legalHold = lock.legalHold
        #expect(try ObjectRow(decoding: value) == row)
        #expect(try keys.isAuthentic(value, rowKey: [4]))
    }

    @Test("Rows without a lock have the bytes that they had before there were locks")
    func unlockedBytes() throws {
        var generator = SeededGenerator(seed: 1)
        let uid = generator.bytes(16)
        var bucket = FieldWriter()
        bucket.put(1, uid)
        bucket.put(2, integer: Int64(7))
        bucket.put(3, integer: UInt8(1))
        bucket.put(4, integer: UInt8(0))
        bucket.put(5, integer: UInt64(9))
        bucket.put(6, integer: UInt8(1))
        let bucketRow = BucketRow(
            uid: uid, createdMilliseconds: 7, defaultEncryption: .s3Managed, state: .active, lsn: 9,
            versioning: .enabled)
        #expect(bucketRow.encodedWithoutMAC() == [1] + bucket.bytes)

        var object = FieldWriter()
        object.put(1, uid)
        object.put(2, uid)
        object.put(3, integer: UInt64(1))
        object.put(4, integer: Int64(2))
        object.put(5, integer: UInt64(3))
        object.put(6, integer: UInt64(4))
        object.put(7, [0, 0, 0, 0])
        object.put(14, [5])
        object.put(16, [1])
        object.put(17, [2])
        let row = ObjectRow(
            objectUID: uid, versionID: uid, lsn: 1, lastModifiedMilliseconds: 2, sizeBytes: 3, storedBytes: 4,
            sealing: .none, attributes: [5], isNullVersion: false, storageClass: .oneZoneInfrequentAccess)
        #expect(row.encodedWithoutMAC() == [1] + object.bytes)
        var parted = row
        parted.parts = .pending
        for unlocked in [row, parted] { #expect(!ObjectRow.namesLock(unlocked.encodedWithoutMAC() + uid + uid)) }
        parted.lock.legalHold = true
        #expect(ObjectRow.namesLock(parted.encodedWithoutMAC() + uid + uid))
    }

    @Test("Rows with locks are canonical, whatever bytes are changed in them", arguments: 0..<60)
    func canonicalLocks(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        var row = Self.row(&generator)
        row.lock.legalHold = Bool.random(using: &generator)
        if !row.lock.legalHold || Bool.random(using: &generator) {
            row.lock.retention = StoredRetention(
                mode: Bool.random(using: &generator) ? .governance : .compliance,
                untilMilliseconds: .random(in: Int64.min ... .max, using: &generator))
        }
        var bucket = BucketRow(
            uid: generator.bytes(16), createdMilliseconds: 7, defaultEncryption: .none, state: .active, lsn: 9,
            versioning: .enabled, objectLock: BucketLock())
        if Bool.random(using: &generator) {
            bucket.objectLock?.defaultRetention = DefaultRetention(
                mode: .compliance,
                period: Bool.random(using: &generator)
                    ? .days(.random(in: 1...36_500, using: &generator))
                    : .years(.random(in: 1...100, using: &generator)))
        }
        let clock = LockClockRow(milliseconds: .random(in: Int64.min ... .max, using: &generator))
        let mac = generator.bytes(32)
        let objectBytes = row.encodedWithoutMAC() + mac
        let bucketBytes = bucket.encodedWithoutMAC() + mac
        let clockBytes = clock.encodedWithoutMAC() + mac
        #expect(try ObjectRow(decoding: objectBytes) == row)
        #expect(ObjectRow.namesLock(objectBytes))
        #expect(try BucketRow(decoding: bucketBytes) == bucket)
        #expect(try LockClockRow(decoding: clockBytes) == clock)
        for _ in 0..<200 {
            #expect(RowProbe.isCanonical(object: Self.changed(objectBytes, tailBytes: 60, &generator)))
            #expect(RowProbe.isCanonical(bucket: Self.changed(bucketBytes, tailBytes: 60, &generator)))
            #expect(RowProbe.isCanonical(lockClock: Self.changed(clockBytes, tailBytes: 60, &generator)))
            _ = ObjectRow.namesLock(Self.changed(objectBytes, tailBytes: objectBytes.count, &generator))
        }
    }

    /// One bit flipped, or cut off, or longer, near the end, where locks stand.
    private static func changed(
        _ bytes: [UInt8], tailBytes: Int, _ generator: inout SeededGenerator
    ) -> [UInt8] {
        var bytes = bytes
        let position = Int.random(in: max(0, bytes.count - tailBytes)..<bytes.count, using: &generator)
        switch Int.random(in: 0..<4, using: &generator) {
        case 0: bytes.removeLast(bytes.count - position)
        case 1: bytes.insert(UInt8.random(in: 0...20, using: &generator), at: position)
        default: bytes[position] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
        }
        return bytes
    }

    @Test("A descriptor that is missing, unknown or half there never means plain text")
    func failsClosed() throws {
        var generator = SeededGenerator(seed: 1)
        var row = Self.row(&generator)
        row.sealing = .wrapped(
            .init(
                mode: .s3Managed, suite: 1, layers: 1, backendID: "b", keyID: "k", keyVersion: "1", wrappedKey: [1],
                wrapBinding: generator.bytes(32), descriptorMAC: generator.bytes(32)))
        // The third field after the moment; a mode of the future, and one that is reserved.
        let modeOffset = ObjectRow.lastModifiedOffset + 3 * 8 + 3 * 6
        for mode: UInt8 in [3, 5, 9, 255] {
            var bytes = row.encodedWithoutMAC()
            #expect(bytes[modeOffset] == EncryptionMode.s3Managed.rawValue)
            bytes[modeOffset] = mode
            #expect(throws: FieldReader.Malformed.self) {
                try ObjectRow(decoding: bytes + generator.bytes(32))
            }
        }

        // Mode "none" with the fields of a sealed object after it.
        var forged = FieldWriter()
        forged.put(1, row.objectUID)
        forged.put(2, row.versionID)
        forged.put(3, integer: UInt64(1))
        forged.put(4, integer: Int64(1))
        forged.put(5, integer: UInt64(1))
        forged.put(6, integer: UInt64(1))
        forged.put(7, [0, 0, 0, 0])
        forged.put(8, text: "b")
        forged.put(14, [1])
        #expect(throws: FieldReader.Malformed.self) {
            try ObjectRow(decoding: [1] + forged.bytes + generator.bytes(32))
        }
    }

    @Test("Attributes are read as they were written, hostile metadata included")
    func attributes() throws {
        let attributes = ObjectAttributes(
            etag: "00ff-1", contentType: "text/plain; charset=utf-8", metadata: ["a": "", "b\u{301}": "ü", "é": "x y"])
        #expect(try ObjectAttributes(decoding: attributes.encoded()) == attributes)
        let full = ObjectAttributes(
            etag: "00ff-1", contentType: nil, metadata: [:],
            headers: ContentHeaders(cacheControl: "no-store", contentLanguage: "de", expires: ""),
            tags: ["a b": "", "ü": "1"],
            checksums: [ObjectChecksum(.crc32, [1, 2, 3, 4]), ObjectChecksum(.sha1, [UInt8](repeating: 7, count: 20))])
        #expect(try ObjectAttributes(decoding: full.encoded()) == full)
        var parted = full
        parted.checksums = [
            ObjectChecksum(.crc32c, [1, 2, 3, 4], compositePartCount: 10_000),
            ObjectChecksum(.crc64NVME, [UInt8](0..<8)),
            ObjectChecksum(.sha256, [UInt8](0..<32), compositePartCount: 1),
        ]
        #expect(try ObjectAttributes(decoding: parted.encoded()) == parted)
        let bare = ObjectAttributes(etag: "x", contentType: nil, metadata: [:])
        #expect(try ObjectAttributes(decoding: bare.encoded()) == bare)
    }

    @Test(
        "Checksums that no object can have are refused",
        arguments: [
            ([3, 2, 1, 0], 8, "CRC-64/NVME is never composite"), ([5, 2, 0, 0], 32, "of no parts"),
            ([5, 2, 0x11, 0x27], 32, "of 10,001 parts"), ([5, 3], 32, "no type"), ([6, 1], 32, "no algorithm"),
            ([5, 1], 31, "cut off"), ([5, 1], 33, "more than there is"), ([5, 2, 1], 0, "half a count"),
            ([5], 0, "no type"),
            ([], 0, "nothing"), ([1, 1, 9, 9, 9, 9, 1, 1], 4, "twice"), ([2, 1, 9, 9, 9, 9, 1, 1], 4, "out of order"),
        ] as [([UInt8], Int, String)])
    func impossibleChecksums(head: [UInt8], digestBytes: Int, why: String) {
        var writer = FieldWriter()
        writer.put(1, text: "etag")
        writer.put(10, head + [UInt8](repeating: 7, count: digestBytes))
        #expect(throws: FieldReader.Malformed.self, "\(why)") {
            try ObjectAttributes(decoding: [ObjectAttributes.formatVersion] + writer.bytes)
        }
    }
}
