import StrongroomSystem
import SystemPackage
import Testing

@testable import StrongroomCatalog

/// The story: a page of LMDB's list of free pages was zeroed. Every row could be read and `verify` said that all was
/// sound, until the first put failed; and `repair` found nothing to mend.
@Suite struct PageCheckTests {
    private let directory = TemporaryDirectory()
    private let files = PosixFileSystem()

    private var path: FilePath { directory.path.appending("data.mdb") }

    /// Rows that come, change and go, some of them in pages of their own.
    private struct Churn {
        var rows: [[UInt8]: [UInt8]] = [:]
        var generator = SeededGenerator(seed: 7)

        mutating func commit(to index: LMDBIndex) throws {
            var changes: [[UInt8]: [UInt8]?] = [:]
            for _ in 0..<Int.random(in: 1...40, using: &generator) {
                let key = [UInt8.random(in: 0...7, using: &generator), UInt8.random(in: 0...99, using: &generator)]
                let count = [3, 300, 1_500, 9_000].randomElement(using: &generator)!
                let value = [UInt8](repeating: .random(in: 0...255, using: &generator), count: count)
                changes[key] = Bool.random(using: &generator) ? value : .some(nil)
            }
            try index.write { transaction throws(StorageError) in
                // In the same order in each process: then the file has the same pages.
                for (key, value) in changes.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
                    if let value { try transaction.put(key, value) } else { try transaction.delete(key) }
                }
            }
            for (key, value) in changes { rows[key] = value }
        }

        func difference(from index: LMDBIndex) throws -> String? {
            try index.read { snapshot throws(StorageError) in
                for (key, value) in rows where try snapshot.value(key) != value { return "\(key)" }
                return nil
            }
        }
    }

    private func churned(_ commits: Int) throws -> Churn {
        var churn = Churn()
        let index = try LMDBIndex(directory: directory.path, options: .small())
        for _ in 0..<commits { try churn.commit(to: index) }
        index.close()
        return churn
    }

    private func meta(_ bytes: [UInt8]) throws -> LMDBMetaPage {
        let first = try LMDBMetaPage(Array(bytes[..<152]), pageNumber: 0)
        let second = try LMDBMetaPage(Array(bytes[first.pageSizeBytes...].prefix(152)), pageNumber: 1)
        return first.transactionID > second.transactionID ? first : second
    }

    @Test func nothingIsWrongWithWhatLMDBWrites() throws {
        var churn = Churn()
        for _ in 0..<4 {
            let index = try LMDBIndex(directory: directory.path, options: .small())
            for _ in 0..<60 {
                try churn.commit(to: index)
                #expect(try index.pageFault()?.message == nil)
            }
            #expect(try churn.difference(from: index) == nil)
            index.close()
        }
    }

    @Test func aListOfFreePagesThatCannotBeReadIsSeen() throws {
        _ = try churned(40)
        var bytes = try files.contents(of: path)
        let meta = try meta(bytes)
        let start = Int(meta.freeListRoot) * meta.pageSizeBytes
        for index in start..<start + meta.pageSizeBytes { bytes[index] = 0 }
        try files.replaceContents(of: path, with: bytes)
        let index = try LMDBIndex(directory: directory.path, options: .small())
        defer { index.close() }
        #expect(try index.pageFault()?.code == .corrupted)
    }

    /// What is not seen must harm nothing: rows are what they were, whatever is written after it.
    @Test func everyFlippedBitOfTheListIsSeenOrHarmless() throws {
        let churn = try churned(60)
        let whole = try files.contents(of: path)
        let meta = try meta(whole)
        let start = Int(meta.freeListRoot) * meta.pageSizeBytes
        var seen = 0
        var generator = SeededGenerator(seed: 8)
        for _ in 0..<300 {
            var bytes = whole
            let place = start + Int.random(in: 0..<meta.pageSizeBytes, using: &generator)
            bytes[place] ^= 1 << UInt8.random(in: 0...7, using: &generator)
            try files.replaceContents(of: path, with: bytes)
            let index = try LMDBIndex(directory: directory.path, options: .small())
            defer { index.close() }
            if try index.pageFault() != nil {
                seen += 1
                continue
            }
            var later = churn
            for _ in 0..<3 { try later.commit(to: index) }
            #expect(try later.difference(from: index) == nil, "bit at byte \(place - start) of the page")
        }
        #expect(seen > 10)
    }

    @Test func aPageThatIsFreeAndInUseIsSeen() throws {
        _ = try churned(60)
        let whole = try files.contents(of: path)
        let meta = try meta(whole)
        let start = Int(meta.freeListRoot) * meta.pageSizeBytes
        let page = Array(whole[start..<start + meta.pageSizeBytes])
        #expect(page.littleEndian(at: 10, as: UInt16.self) == 2, "the list fits one page")
        // Every number in it becomes the main tree's root.
        var places: [Int] = []
        for position in stride(from: 16, to: Int(page.littleEndian(at: 12, as: UInt16.self)), by: 2) {
            let node = Int(page.littleEndian(at: position, as: UInt16.self))
            guard page.littleEndian(at: node + 4, as: UInt16.self) == 0 else { continue }
            for index in 0..<Int(page.littleEndian(at: node + 16, as: UInt64.self)) {
                places.append(start + node + 24 + 8 * index)
            }
        }
        #expect(!places.isEmpty)
        for place in places.prefix(20) {
            var bytes = whole
            for index in 0..<8 {
                bytes[place + index] = UInt8(truncatingIfNeeded: meta.mainRoot >> (8 * UInt64(index)))
            }
            try files.replaceContents(of: path, with: bytes)
            let index = try LMDBIndex(directory: directory.path, options: .small())
            defer { index.close() }
            #expect(try index.pageFault() != nil)
        }
    }
}
