import StrongroomSystem

/// Looks whether the pages of one state of a file are what LMDB's format 1 says, without LMDB: each is part of one
/// tree, once, or free.
///
/// LMDB believes its list of free pages, which no walk over rows ever reads. A page that the list has and a row is in
/// would be written over by a later commit; a list that cannot be read fails every later commit, although every row
/// is there. `LMDBFreeList` tells how pages and nodes are laid out.
struct LMDBPageCheck {
    enum Fault: Error {
        case damaged(String)
        case unreadable(StorageError)
    }

    private enum Tree { case freeList, main }

    private let file: any StorageFile
    private let pageSizeBytes: Int
    private let lastPage: UInt64
    private let transactionID: UInt64
    private var known: PageMap
    /// Those of the free pages that stand behind the end of the file.
    private var neverWritten: Set<UInt64> = []
    /// Of the list's records so far: the transaction that made the pages free.
    private var lastFreeing: UInt64 = 0

    /// LMDB's own limit on the depth of a tree.
    private static let maximumDepth = 32

    /// - Parameters:
    ///   - meta: of a state that nobody changes meanwhile.
    ///   - sizeBytes: of the file; what LMDB took and gave back behind its end was never written.
    static func run(_ meta: LMDBMetaPage, _ file: any StorageFile, sizeBytes: UInt64) throws(Fault) {
        var check = LMDBPageCheck(
            file: file, pageSizeBytes: meta.pageSizeBytes, lastPage: meta.lastPage,
            transactionID: meta.transactionID,
            known: PageMap(count: min(meta.lastPage + 1, sizeBytes / UInt64(meta.pageSizeBytes))))
        for (tree, root) in [(Tree.freeList, meta.freeListRoot), (.main, meta.mainRoot)]
        where root != LMDBMetaPage.emptyRoot {
            try check.visit(root, of: tree, depth: 1)
        }
    }

    private mutating func visit(_ number: UInt64, of tree: Tree, depth: Int) throws(Fault) {
        guard depth <= Self.maximumDepth else { throw .damaged("the tree at page \(number) is too deep") }
        try note(number, 1, isWritten: true)
        let page = try read(number * UInt64(pageSizeBytes), pageSizeBytes)
        // Exactly: what LMDB takes for a page of its own that it has changed already, it writes to where it is mapped.
        let flags = page.littleEndian(at: 10, as: UInt16.self)
        let end = Int(page.littleEndian(at: 12, as: UInt16.self))
        let nodes = Int(page.littleEndian(at: 14, as: UInt16.self))
        guard page.littleEndian(at: 0, as: UInt64.self) == number, flags == 1 || flags == 2,
            (16...pageSizeBytes).contains(end), end % 2 == 0, (end...pageSizeBytes).contains(nodes)
        else { throw .damaged("page \(number) is no page of a tree") }
        for position in stride(from: 16, to: end, by: 2) {
            let node = Int(page.littleEndian(at: position, as: UInt16.self))
            guard node >= nodes, node + 8 <= pageSizeBytes else { throw .damaged("page \(number) has a wrong node") }
            if flags == 1 {
                let child = page.littleEndian(at: node, as: UInt64.self) & 0xFFFF_FFFF_FFFF
                try visit(child, of: tree, depth: depth + 1)
            } else {
                try visitRecord(at: node, in: page, number, of: tree)
            }
        }
    }

    private mutating func visitRecord(
        at node: Int, in page: [UInt8], _ number: UInt64, of tree: Tree
    ) throws(Fault) {
        let sizeBytes = Int(page.littleEndian(at: node, as: UInt32.self))
        let keyBytes = Int(page.littleEndian(at: node + 6, as: UInt16.self))
        let flags = page.littleEndian(at: node + 4, as: UInt16.self)
        let data = node + 8 + keyBytes
        guard flags <= 1, data <= pageSizeBytes, flags == 1 || data + sizeBytes <= pageSizeBytes else {
            throw .damaged("page \(number) has a wrong node")
        }
        if tree == .freeList {
            let freeing = keyBytes == 8 ? page.littleEndian(at: node + 8, as: UInt64.self) : 0
            guard freeing > lastFreeing, freeing <= transactionID else {
                throw .damaged("page \(number) has a wrong list of free pages")
            }
            lastFreeing = freeing
        }
        guard flags == 1 else {
            if tree == .freeList { try noteFree(Array(page[data..<data + sizeBytes]), number) }
            return
        }
        guard data + 8 <= pageSizeBytes else { throw .damaged("page \(number) has a wrong node") }
        let first = page.littleEndian(at: data, as: UInt64.self)
        let offset = first.multipliedReportingOverflow(by: UInt64(pageSizeBytes))
        guard !offset.overflow else { throw .damaged("page \(number) has a wrong node") }
        try note(first, UInt64((16 + sizeBytes + pageSizeBytes - 1) / pageSizeBytes), isWritten: true)
        let head = try read(offset.partialValue, 16)
        guard head.littleEndian(at: 0, as: UInt64.self) == first, head.littleEndian(at: 10, as: UInt16.self) == 4
        else { throw .damaged("page \(first) is not the one that page \(number) names") }
        if tree == .freeList { try noteFree(try read(offset.partialValue + 16, sizeBytes), number) }
    }

    /// The numbers stand in descending order.
    private mutating func noteFree(_ record: [UInt8], _ number: UInt64) throws(Fault) {
        guard record.count >= 8, record.count % 8 == 0,
            record.littleEndian(at: 0, as: UInt64.self) <= UInt64(record.count / 8 - 1)
        else { throw .damaged("page \(number) has a wrong list of free pages") }
        var previous = UInt64.max
        for index in 0..<Int(record.littleEndian(at: 0, as: UInt64.self)) {
            let page = record.littleEndian(at: 8 + 8 * index, as: UInt64.self)
            guard page < previous else { throw .damaged("page \(number) has a wrong list of free pages") }
            previous = page
            try note(page, 1, isWritten: false)
        }
    }

    private mutating func note(_ first: UInt64, _ count: UInt64, isWritten: Bool) throws(Fault) {
        guard first >= 2, first <= lastPage, count <= lastPage - first + 1 else {
            throw .damaged("it refers to page \(first), and has pages up to \(lastPage)")
        }
        for page in first..<first + count {
            guard page < known.count || !isWritten else { throw .damaged("page \(page) is missing") }
            guard page < known.count ? known.insert(page) : neverWritten.insert(page).inserted else {
                throw .damaged("page \(page) is in use twice, or free and in use")
            }
        }
    }

    private func read(_ offset: UInt64, _ count: Int) throws(Fault) -> [UInt8] {
        let bytes: [UInt8]
        do throws(StorageError) {
            bytes = try file.readBytes(at: offset, count: count)
        } catch {
            throw .unreadable(error)
        }
        guard bytes.count == count else { throw .damaged("page \(offset / UInt64(pageSizeBytes)) is missing") }
        return bytes
    }
}

/// One bit a page.
private struct PageMap {
    let count: UInt64
    private var words: [UInt64]

    init(count: UInt64) {
        self.count = count
        words = [UInt64](repeating: 0, count: Int(count / 64) + 1)
    }

    /// False where it is there already.
    mutating func insert(_ page: UInt64) -> Bool {
        let bit = UInt64(1) << (page % 64)
        if words[Int(page / 64)] & bit != 0 { return false }
        words[Int(page / 64)] |= bit
        return true
    }
}
