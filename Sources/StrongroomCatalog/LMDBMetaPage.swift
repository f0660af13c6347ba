/// What a meta page of LMDB's data format 1 says, on a 64-bit little-endian machine. The first two
/// pages of `data.mdb` are meta pages; the one with the higher transaction id counts.
///
///     0    u64  page number: 0 or 1            40   48 bytes  free list: a table (its first u32: page size)
///     8    u16  padding                        88   48 bytes  main table
///     10   u16  flags: 0x08 (meta)             136  u64       last page in use
///     12   u32  bounds, unused                 144  u64       transaction id
///     16   u32  magic 0xBEEFC0DE
///     20   u32  version 1                      a table: u32 padding, u16 flags, u16 depth,
///     24   u64  fixed address                           u64 branch, leaf, overflow pages, entries,
///     32   u64  map size                                u64 root page (all ones: empty)
///
/// LMDB believes these pages: a wrong root or a short file ends in an abort or a fault, not in an
/// error. So they are checked before it sees them.
package struct LMDBMetaPage: Equatable, Sendable {
    package enum Fault: Error, Equatable {
        case truncated
        case malformed(Field)
        case unsupportedVersion(UInt32)

        /// Which field contradicts the format.
        package enum Field: String, Sendable {
            case pageNumber = "page number"
            case flags, magic
            case pageSize = "page size"
            case lastPage = "last page"
            case freeListRoot = "root of the free list"
            case mainRoot = "root of the main table"
        }
    }

    package static let sizeBytes = 152
    static let emptyRoot = UInt64.max
    private static let magic: UInt32 = 0xBEEF_C0DE
    private static let version: UInt32 = 1
    private static let metaFlag: UInt16 = 0x08
    private static let pageSizes: ClosedRange<UInt32> = 512...32_768

    package let pageSizeBytes: Int
    let freeListRoot: UInt64
    let freeListDepth: Int
    let mainRoot: UInt64
    package let lastPage: UInt64
    package let transactionID: UInt64

    /// Total: any bytes may come. They begin at the page's start.
    package init(_ bytes: [UInt8], pageNumber: UInt64) throws(Fault) {
        guard bytes.count >= Self.sizeBytes else { throw .truncated }
        guard bytes.littleEndian(at: 16, as: UInt32.self) == Self.magic else { throw .malformed(.magic) }
        let version = bytes.littleEndian(at: 20, as: UInt32.self)
        guard version == Self.version else { throw .unsupportedVersion(version) }
        guard bytes.littleEndian(at: 0, as: UInt64.self) == pageNumber else { throw .malformed(.pageNumber) }
        guard bytes.littleEndian(at: 10, as: UInt16.self) == Self.metaFlag else { throw .malformed(.flags) }

        let pageSize = bytes.littleEndian(at: 40, as: UInt32.self)
        guard Self.pageSizes.contains(pageSize), pageSize.nonzeroBitCount == 1 else { throw .malformed(.pageSize) }
        pageSizeBytes = Int(pageSize)
        freeListDepth = Int(bytes.littleEndian(at: 46, as: UInt16.self))
        freeListRoot = bytes.littleEndian(at: 80, as: UInt64.self)
        mainRoot = bytes.littleEndian(at: 128, as: UInt64.self)
        lastPage = bytes.littleEndian(at: 136, as: UInt64.self)
        transactionID = bytes.littleEndian(at: 144, as: UInt64.self)

        // Page numbers are 48 bits wide in branch nodes, so that offsets cannot overflow either.
        guard (1..<(1 << 48)).contains(lastPage) else { throw .malformed(.lastPage) }
        guard Self.isRoot(freeListRoot, lastPage: lastPage) else { throw .malformed(.freeListRoot) }
        guard Self.isRoot(mainRoot, lastPage: lastPage) else { throw .malformed(.mainRoot) }
    }

    private static func isRoot(_ page: UInt64, lastPage: UInt64) -> Bool {
        page == emptyRoot || (page >= 2 && page <= lastPage)
    }
}

extension [UInt8] {
    /// The integer at `offset`, which the caller has checked to lie inside.
    func littleEndian<Integer: FixedWidthInteger & UnsignedInteger>(at offset: Int, as: Integer.Type) -> Integer {
        var value: Integer = 0
        for index in (0..<MemoryLayout<Integer>.size).reversed() {
            value = value << 8 | Integer(truncatingIfNeeded: self[offset + index])
        }
        return value
    }
}
