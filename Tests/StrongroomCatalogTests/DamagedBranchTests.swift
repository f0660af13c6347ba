import StrongroomSystem
import SystemPackage
import Testing

@testable import StrongroomCatalog

/// The story: a bit of a key in a branch page had changed. Rows behind it were not found, listings left them out, and
/// whoever walked all rows found nothing wrong.
@Suite struct DamagedBranchTests {
    private static let count = 3_000

    private static func key(_ number: Int) -> [UInt8] { Array("row/\(number * 7_919 % count)/\(number)".utf8) }

    /// A closed catalog of some hundred leaves, and the places of the nodes in its branch pages: those of their keys.
    private func makeCatalog(_ directory: TemporaryDirectory) throws -> (rows: [[UInt8]], places: [Range<Int>]) {
        let index = try LMDBIndex(directory: directory.path, options: .small())
        try index.write { transaction throws(StorageError) in
            for number in 0..<Self.count { try transaction.put(Self.key(number), [UInt8](repeating: 1, count: 100)) }
        }
        let rows = try index.rows().map(\.key)
        index.close()
        let file = try PosixFileSystem().open(directory.path.appending("data.mdb"), .readOnly)
        defer { file.close() }
        let bytes = try file.readBytes(at: 0, count: Int(file.sizeBytes()))
        var places: [Range<Int>] = []
        for page in stride(from: 2 * 4_096, to: bytes.count, by: 4_096) {
            func number(_ offset: Int) -> Int { Int(bytes[page + offset]) | Int(bytes[page + offset + 1]) << 8 }
            // LMDB's page header: number u64, pad u16, flags u16 (1 is a branch), lower u16, upper u16; then the
            // offsets of the nodes u16, each of which is child u48, key size u16, key. The first has no key.
            guard number(10) == 1 else { continue }
            for entry in stride(from: 18, to: number(12), by: 2) {
                let node = number(entry)
                places.append(page + node + 8..<page + node + 8 + number(node + 6))
            }
        }
        return (rows, places)
    }

    private func change(_ directory: TemporaryDirectory, _ body: (inout [UInt8]) -> Void) throws {
        let file = try PosixFileSystem().open(directory.path.appending("data.mdb"), .readWrite)
        defer { file.close() }
        var bytes = try file.readBytes(at: 0, count: Int(file.sizeBytes()))
        body(&bytes)
        try file.write(bytes, at: 0)
    }

    /// What the index says, or nil where it says that it is damaged. Anything but the truth and that is recorded.
    private func expectTruth<Answer: Equatable>(
        _ truth: Answer, _ what: String, _ ask: () throws(StorageError) -> Answer
    ) -> Bool {
        do throws(StorageError) {
            let answer = try ask()
            #expect(answer == truth, "\(what)")
            return true
        } catch {
            #expect(error.code == .corrupted, "\(what): \(error)")
            return false
        }
    }

    @Test(arguments: 0..<24)
    func aChangedKeyOfABranchHidesNoRow(seed: Int) throws {
        let directory = TemporaryDirectory()
        let (rows, places) = try makeCatalog(directory)
        #expect(places.count > 50)
        let place = places[seed * 131 % places.count]
        let offset = place.lowerBound + seed * 17 % place.count
        try change(directory) { bytes in bytes[offset] ^= 1 << UInt8(seed % 8) }
        let index = try LMDBIndex(directory: directory.path, options: .small(mustExist: true))
        defer { index.close() }
        try index.read { snapshot throws(StorageError) in
            var isHidden = false
            for (position, row) in rows.enumerated() {
                let absent = row + [0]
                let next = position + 1 < rows.count ? rows[position + 1] : nil
                let answers = [
                    expectTruth(true, "value") { () throws(StorageError) in try snapshot.value(row) != nil },
                    expectTruth(false, "absence") { () throws(StorageError) in try snapshot.value(absent) != nil },
                    expectTruth(next, "seek") { () throws(StorageError) in try snapshot.cursor().seek(absent)?.key },
                ]
                isHidden = isHidden || answers.contains(false)
            }
            // All of them one after the other, as a walk sees them.
            #expect(try snapshot.rows(from: [], limit: .max).map(\.key) == rows || isHidden)
        }
    }

    /// A branch that names another leaf: a walk does not come out shorter, or longer, and say nothing; and what was in
    /// the leaf that nothing names any more is not taken for absent.
    @Test(arguments: 0..<12)
    func anotherLeafInThePlaceOfOneIsNoticed(seed: Int) throws {
        let directory = TemporaryDirectory()
        let (rows, places) = try makeCatalog(directory)
        let (one, other) = (places[seed * 131 % places.count], places[(seed * 37 + 11) % places.count])
        // The child's page number stands before the key.
        try change(directory) { bytes in
            for byte in 0..<4 { bytes[one.lowerBound - 8 + byte] = bytes[other.lowerBound - 8 + byte] }
        }
        let index = try LMDBIndex(directory: directory.path, options: .small(mustExist: true))
        defer { index.close() }
        try index.read { snapshot throws(StorageError) in
            _ = expectTruth(rows, "walk") { () throws(StorageError) in
                try snapshot.rows(from: [], limit: .max).map(\.key)
            }
            // There are some twenty in a leaf.
            for position in stride(from: seed % 5, to: rows.count - 1, by: 5) {
                let (row, next) = (rows[position], rows[position + 1])
                _ = expectTruth(true, "value") { () throws(StorageError) in try snapshot.value(row) != nil }
                _ = expectTruth(next, "seek") { () throws(StorageError) in
                    try snapshot.cursor().seek(row + [0])?.key
                }
            }
        }
    }
}
