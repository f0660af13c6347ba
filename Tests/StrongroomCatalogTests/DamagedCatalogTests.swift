import StrongroomSystem
import SystemPackage
import Testing

@testable import StrongroomCatalog

/// A catalog that LMDB would answer with an abort or a fault is refused, and stays as it was found.
@Suite struct DamagedCatalogTests {
    private let directory = TemporaryDirectory()
    private let files = PosixFileSystem()

    private var path: FilePath { directory.path.appending("data.mdb") }

    /// A closed catalog of some hundred pages.
    private func makeCatalog() throws {
        let index = try LMDBIndex(directory: directory.path, options: .small())
        for batch in 0..<4 as Range<UInt8> {
            try index.write { transaction throws(StorageError) in
                for number in 0...255 as ClosedRange<UInt8> {
                    try transaction.put([batch, number], [UInt8](repeating: number, count: 600))
                }
                if batch > 0 { try transaction.delete([batch - 1, 7]) }
            }
        }
        index.close()
    }

    /// Opening fails with `code` and leaves every byte alone.
    private func expectRefusal(
        _ damaged: [UInt8], _ what: String, code: StorageError.Code = .corrupted, mustExist: Bool = false
    ) throws {
        try files.replaceContents(of: path, with: damaged)
        let error = #expect(throws: StorageError.self, "\(what)") {
            try LMDBIndex(directory: directory.path, options: .small(mustExist: mustExist)).close()
        }
        #expect(error?.code == code, "\(what): \(error.map(String.init(describing:)) ?? "")")
        #expect(error?.path == path)
        #expect(try files.contents(of: path) == damaged, "\(what): the file was changed")
    }

    @Test func everyTruncationIsRefused() throws {
        try makeCatalog()
        let whole = try files.contents(of: path)
        let pages = whole.count / 4_096
        #expect(pages > 100)
        for page in 0..<pages {
            for cut in [page * 4_096 + 1, page * 4_096 + 100, (page + 1) * 4_096 - 1] where cut > 0 {
                try expectRefusal(Array(whole[..<cut]), "cut at byte \(cut)")
            }
            if page > 0 { try expectRefusal(Array(whole[..<(page * 4_096)]), "cut at page \(page)") }
        }
        try files.replaceContents(of: path, with: whole)
        let index = try LMDBIndex(directory: directory.path, options: .small(mustExist: true))
        #expect(try index.rows().count == 1_021)
        index.close()
    }

    @Test func anEmptyOrMissingFileIsDamageWhereThereWasOne() throws {
        try makeCatalog()
        try expectRefusal([], "emptied", mustExist: true)
        try files.remove(path)
        let error = #expect(throws: StorageError.self) {
            try LMDBIndex(directory: directory.path, options: .small(mustExist: true))
        }
        #expect(error?.code == .corrupted)
        #expect(try files.status(path) == nil, "nothing was made")
    }

    @Test func aCatalogThatWasNeverWrittenToIsDamageWhereThereWasOne() throws {
        try LMDBEnvironment(directory.path, mapSizeBytes: 1 << 20, maximumReaders: 8).close()
        let error = #expect(throws: StorageError.self) {
            try LMDBIndex(directory: directory.path, options: .small(mustExist: true))
        }
        #expect(error?.code == .corrupted)
        let fresh = try LMDBIndex(directory: directory.path, options: .small())
        #expect(try fresh.rows().isEmpty)
        fresh.close()
    }

    @Test func metaPagesAreChecked() throws {
        try makeCatalog()
        let whole = try files.contents(of: path)
        for page in 0...1 {
            var zeroed = whole
            for index in 0..<4_096 { zeroed[page * 4_096 + index] = 0 }
            try expectRefusal(zeroed, "meta page \(page) zeroed")

            let fields: [(offset: Int, bytes: [UInt8], code: StorageError.Code)] = [
                (0, [9], .corrupted), (10, [2], .corrupted), (16, [0], .corrupted), (20, [2], .unsupportedFormat),
                (40, [1], .corrupted), (41, [0x20], .corrupted), (136, [0], .corrupted),
                (142, [1], .corrupted), (80, [0, 0, 0, 0, 0, 1], .corrupted), (128, [1, 0], .corrupted),
                (128, [0xFF, 0xFF, 0xFF], .corrupted),
            ]
            for field in fields {
                var changed = whole
                let start = page * 4_096 + field.offset
                changed.replaceSubrange(start..<(start + field.bytes.count), with: field.bytes)
                try expectRefusal(changed, "meta page \(page), byte \(field.offset)", code: field.code)
            }
        }
        try expectRefusal([UInt8](repeating: 0x5A, count: 8_192), "no catalog at all")
    }

    /// LMDB ends a transaction with its highest pages taken and given back when rows at the end are
    /// written and deleted in it. They were never written, so the file is shorter than the meta page
    /// says, and a plain check of the length would refuse a sound catalog.
    @Test func aFileShortOfFreePagesIsSound() throws {
        let index = try LMDBIndex(directory: directory.path, options: .small())
        var shortFiles = 0
        for batch in 0..<40 as Range<UInt8> {
            try index.write { transaction throws(StorageError) in
                for number in 0...255 as ClosedRange<UInt8> {
                    try transaction.put([batch, number], [UInt8](repeating: 1, count: 500))
                }
                for number in (100...255 as ClosedRange<UInt8>).reversed() { try transaction.delete([batch, number]) }
            }
            let statistics = try index.statistics()
            guard let sizeBytes = try files.status(path)?.sizeBytes else { continue }
            if sizeBytes < UInt64(statistics.pagesInUse * statistics.pageSizeBytes) { shortFiles += 1 }
            #expect(try CatalogFileCheck.check(directory.path, mustExist: true, files: files) == sizeBytes)
        }
        #expect(shortFiles > 0, "the premise: LMDB does leave such files")
        index.close()
    }

    @Test func somethingElseInItsPlaceIsRefused() throws {
        try files.createDirectory(path)
        let error = #expect(throws: StorageError.self) { try LMDBIndex(directory: directory.path, options: .small()) }
        #expect(error?.code == .corrupted)
    }

    // MARK: - Damage that only the rows show

    /// Writes rows as LMDB has them, under the trie.
    private func putRows(_ rows: [(key: [UInt8], value: [UInt8])]) throws {
        let environment = try LMDBEnvironment(directory.path, mapSizeBytes: 1 << 20, maximumReaders: 8)
        defer { environment.close() }
        let transaction = try environment.begin(isReadOnly: false)
        for row in rows { try transaction.put(row.key, row.value) }
        try transaction.commit()
    }

    private static let header = (key: TrieKey.headerKey, value: TrieHeader(nextChildID: 9).encoded())

    private static func edge(from parent: UInt64, filledWith byte: UInt8 = 97) -> [UInt8] {
        TrieKey.parent(parent) + [UInt8](repeating: byte, count: 400) + [0, 2]
    }

    enum BrokenTrie: String, CaseIterable {
        case noKeyAtAll, edgeToNothing, edgeInACircle, edgeWithoutAnID, edgeToTheRoot

        var rows: [(key: [UInt8], value: [UInt8])] {
            switch self {
            case .noKeyAtAll: [([0, 65, 66], [])]
            case .edgeToNothing: [(edge(from: 0), TrieKey.childID(5))]
            case .edgeInACircle: [(edge(from: 0), TrieKey.childID(5)), (edge(from: 5), TrieKey.childID(5))]
            case .edgeWithoutAnID: [(edge(from: 0), [1, 2, 3])]
            case .edgeToTheRoot: [(edge(from: 0), TrieKey.childID(0))]
            }
        }
    }

    @Test(arguments: BrokenTrie.allCases)
    func aBrokenTrieIsAnErrorAndNoLoop(kind: BrokenTrie) throws {
        try putRows([Self.header] + kind.rows)
        let index = try LMDBIndex(directory: directory.path, options: .small())
        defer { index.close() }
        do {
            _ = try index.rows()
            Issue.record("the damage went unseen")
        } catch {
            if case .body(let error) = error { #expect(error.code == .corrupted) } else { Issue.record("\(error)") }
        }
    }

    @Test func theHeaderRowIsChecked() throws {
        try putRows([([0, 65, 0, 1], [])])
        var codes: [StorageError.Code?] = []
        let open = { try LMDBIndex(directory: directory.path, options: .small()).close() }
        codes.append(#expect(throws: StorageError.self, performing: open)?.code)
        try putRows([(TrieKey.headerKey, [1, 2, 3])])
        codes.append(#expect(throws: StorageError.self, performing: open)?.code)
        var newer = TrieHeader().encoded()
        newer[7] = 9
        try putRows([(TrieKey.headerKey, newer)])
        codes.append(#expect(throws: StorageError.self, performing: open)?.code)
        #expect(codes == [.corrupted, .corrupted, .unsupportedFormat])
        try putRows([Self.header])
        try open()
    }
}
