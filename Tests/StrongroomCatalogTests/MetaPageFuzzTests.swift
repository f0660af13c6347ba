import StrongroomSystem
import SystemPackage
import Testing

@testable import StrongroomCatalog

/// What reads LMDB's pages takes any bytes.
@Suite struct MetaPageFuzzTests {
    @Test(arguments: [61, 62] as [UInt64])
    func hostilePagesNeverTrap(seed: UInt64) throws {
        print("MetaPageFuzzTests: seed \(seed)")
        var generator = SeededGenerator(seed: seed)
        let directory = TemporaryDirectory()
        let file = try Self.makeFileWithAFreeList(directory)
        let newest = try #require(
            try [0, 1].map { try LMDBMetaPage(Array(file[($0 * 4_096)...].prefix(152)), pageNumber: UInt64($0)) }
                .max { $0.transactionID < $1.transactionID })
        #expect(newest.freeListRoot != LMDBMetaPage.emptyRoot)
        var outcomes = (sound: 0, refused: 0)
        for _ in 0..<4_000 {
            var pages: [UInt64: [UInt8]] = [:]
            // The bytes that say something, in the root of the free list, in a meta page.
            for page in [newest.freeListRoot, 0, 1] {
                var bytes = Array(file[(Int(page) * 4_096)...].prefix(4_096))
                for _ in 0..<Int.random(in: 0...3, using: &generator) {
                    let index = Int.random(in: 0..<(Bool.random(using: &generator) ? 160 : 4_096), using: &generator)
                    bytes[index] = UInt8.random(in: 0...255, using: &generator)
                }
                pages[page] = bytes
            }
            do {
                let meta = try LMDBMetaPage(pages[newest.transactionID & 1] ?? [], pageNumber: newest.transactionID & 1)
                let list = try LMDBFreeList(meta, from: 0) { offset, count in
                    let page = offset / UInt64(max(1, meta.pageSizeBytes))
                    if let bytes = pages[page] {
                        return Array(bytes.dropFirst(Int(offset % UInt64(meta.pageSizeBytes))).prefix(count))
                    }
                    return offset < UInt64(file.count) ? Array(file[Int(offset)...].prefix(count)) : nil
                }
                _ = list.pages
                outcomes.sound += 1
            } catch {
                outcomes.refused += 1
            }
        }
        #expect(outcomes.sound > 100 && outcomes.refused > 100)
        for count in [0, 1, 15, 16, 151, 152, 4_096] {
            #expect(throws: LMDBMetaPage.Fault.self) { try LMDBMetaPage(generator.bytes(count), pageNumber: 0) }
        }
    }

    private static func makeFileWithAFreeList(_ directory: TemporaryDirectory) throws -> [UInt8] {
        let index = try LMDBIndex(directory: directory.path, options: .small())
        for round in 0..<30 as Range<UInt8> {
            try index.write { transaction throws(StorageError) in
                for number in 0...255 as ClosedRange<UInt8> {
                    try transaction.put([number], [UInt8](repeating: round, count: 900))
                }
                for number in 0..<(round * 5) { try transaction.delete([number]) }
            }
        }
        index.close()
        let file = try PosixFileSystem().open(directory.path.appending("data.mdb"), .readOnly)
        defer { file.close() }
        return try file.readBytes(at: 0, count: Int(file.sizeBytes()))
    }
}
