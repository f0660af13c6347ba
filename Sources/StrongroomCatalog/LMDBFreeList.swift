/// Reads which pages of a file LMDB holds to be free, without LMDB.
///
/// LMDB may end a transaction with its highest pages taken and given back again; they are then free,
/// never written, and the file is *legally* shorter than its meta page says. Only this list can tell
/// that from a truncated file.
///
/// A page begins with: u64 number, u16 padding, u16 flags (1 branch, 2 leaf, 4 overflow), u16 end of
/// the offsets, u16 start of the nodes (overflow: u32 count of pages); then from byte 16 on the nodes'
/// offsets, u16 each. A node: u16 low, u16 high, u16 flags, u16 key size, key, data. In a branch low,
/// high and flags are the child's page; in a leaf low and high are the data's size, and flag 1 says
/// that the data is the number of an overflow page. A free-list record's data: u64 count, u64 pages.
package struct LMDBFreeList {
    package enum Fault: Error, Equatable { case unreadable(page: UInt64), malformed(page: UInt64) }

    package private(set) var pages: Set<UInt64> = []
    private let lowestPage: UInt64
    private let pageSizeBytes: Int
    private let lastPage: UInt64
    private let bytesAt: (_ offset: UInt64, _ count: Int) -> [UInt8]?
    private var pagesVisited = 0

    /// LMDB's own limit on the depth of a tree.
    private static let maximumDepth = 32
    /// Bounds the work on a damaged tree whose pages refer to each other: 4 GiB of free list.
    private static let maximumPagesVisited = 1 << 20

    /// Collects the free pages from `lowestPage` on. Total: any bytes may come.
    ///
    /// - Parameter bytesAt: reads the file; nil where it ends before.
    package init(
        _ meta: LMDBMetaPage, from lowestPage: UInt64,
        bytesAt: @escaping (_ offset: UInt64, _ count: Int) -> [UInt8]?
    ) throws(Fault) {
        self.lowestPage = lowestPage
        self.pageSizeBytes = meta.pageSizeBytes
        self.lastPage = meta.lastPage
        self.bytesAt = bytesAt
        if meta.freeListRoot != LMDBMetaPage.emptyRoot { try visit(meta.freeListRoot, depth: 1) }
    }

    private mutating func visit(_ number: UInt64, depth: Int) throws(Fault) {
        pagesVisited += 1
        guard depth <= Self.maximumDepth, pagesVisited <= Self.maximumPagesVisited, number <= lastPage else {
            throw .malformed(page: number)
        }
        guard let page = bytesAt(number * UInt64(pageSizeBytes), pageSizeBytes), page.count == pageSizeBytes else {
            throw .unreadable(page: number)
        }
        guard page.littleEndian(at: 0, as: UInt64.self) == number else { throw .malformed(page: number) }
        let flags = page.littleEndian(at: 10, as: UInt16.self) & 0x07
        guard flags == 1 || flags == 2 else { throw .malformed(page: number) }
        let offsetsEnd = Int(page.littleEndian(at: 12, as: UInt16.self))
        guard (16...pageSizeBytes).contains(offsetsEnd), offsetsEnd % 2 == 0 else { throw .malformed(page: number) }
        for position in stride(from: 16, to: offsetsEnd, by: 2) {
            let node = Int(page.littleEndian(at: position, as: UInt16.self))
            guard node >= offsetsEnd, node + 8 <= pageSizeBytes else { throw .malformed(page: number) }
            if flags == 1 {
                try visit(Self.childPage(of: node, in: page), depth: depth + 1)
            } else {
                try addRecord(of: node, in: page, number: number)
            }
        }
    }

    private static func childPage(of node: Int, in page: [UInt8]) -> UInt64 {
        page.littleEndian(at: node, as: UInt64.self) & 0xFFFF_FFFF_FFFF
    }

    private mutating func addRecord(of node: Int, in page: [UInt8], number: UInt64) throws(Fault) {
        let sizeBytes = Int(page.littleEndian(at: node, as: UInt32.self))
        let flags = page.littleEndian(at: node + 4, as: UInt16.self)
        let data = node + 8 + Int(page.littleEndian(at: node + 6, as: UInt16.self))
        guard flags & 1 != 0 else {
            guard data + sizeBytes <= pageSizeBytes else { throw .malformed(page: number) }
            return try add(Array(page[data..<(data + sizeBytes)]), number: number)
        }
        guard data + 8 <= pageSizeBytes else { throw .malformed(page: number) }
        let overflow = page.littleEndian(at: data, as: UInt64.self)
        // No record can name more pages than the file has.
        guard overflow <= lastPage, UInt64(sizeBytes) <= 8 * (lastPage + 2) else { throw .malformed(page: number) }
        guard let record = bytesAt(overflow * UInt64(pageSizeBytes) + 16, sizeBytes), record.count == sizeBytes else {
            throw .unreadable(page: overflow)
        }
        try add(record, number: overflow)
    }

    private mutating func add(_ record: [UInt8], number: UInt64) throws(Fault) {
        guard record.count >= 8, record.count % 8 == 0,
            // LMDB makes some room before it knows how many there are.
            record.littleEndian(at: 0, as: UInt64.self) <= UInt64(record.count / 8 - 1)
        else { throw .malformed(page: number) }
        for index in 0..<Int(record.littleEndian(at: 0, as: UInt64.self)) {
            let page = record.littleEndian(at: 8 + 8 * index, as: UInt64.self)
            if page >= lowestPage { pages.insert(page) }
        }
    }
}
