internal import StrongroomCatalog
internal import StrongroomSystem

/// The root of the catalog, in one row of the index (key `00 06`), written by every transaction that changes rows or
/// sums of a program that has the keys (`CatalogRootKeeper`), and sealed by it. The record:
///
///      offset  size
///           0     1   format: 1
///           1     1   whether all rows are in it: 0 or 1
///           2    32   the sum over all rows; nothing where not all are in it
///          34    32   the sum over the rows that the sums cover (`RowSumState`)
///
/// A sum is four numbers u64 little-endian. The place that it is sealed for, 16 bytes: contained LSN u64 and applied
/// LSN u64 as `CheckpointState` has them in the same transaction, so that a root of another moment is none.
///
/// The second sum begins anew whenever rows are added up, and must then come to the same: what was changed meanwhile
/// behind the store's back is not taken over.
struct CatalogRoot: Equatable {
    static let key: [UInt8] = [0x00, 0x06]
    private static let format: UInt8 = 1

    /// Whether `whole` is the sum over all rows.
    var isWhole: Bool
    var whole: RowHash = .zero
    var counted: RowHash = .zero

    /// Of a catalog without rows, or of one whose rows are taken as they are.
    init(isWhole: Bool) { self.isWhole = isWhole }

    // MARK: Bytes

    func encoded() -> [UInt8] {
        var bytes: [UInt8] = [Self.format, isWhole ? 1 : 0]
        bytes.reserveCapacity(66)
        for sum in [whole, counted] { bytes += sum.encoded() }
        return bytes
    }

    init(decoding bytes: [UInt8]) throws(StorageError) {
        var reader = ByteReader(bytes)
        guard let format = reader.integer(UInt8.self), format == Self.format else {
            throw StorageError(
                .unsupportedFormat, "the root of the catalog is of a newer format; open the store with a newer version")
        }
        guard let flag = reader.integer(UInt8.self), flag <= 1, let whole = RowHash(from: &reader),
            let counted = RowHash(from: &reader), reader.remaining == 0
        else { throw StorageError(.corrupted, "the root of the catalog cannot be read") }
        isWhole = flag == 1
        self.whole = whole
        self.counted = counted
    }

    private static func place(_ checkpoint: CheckpointState) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.appendLittleEndian(checkpoint.containedLSN)
        bytes.appendLittleEndian(checkpoint.appliedLSN)
        return bytes
    }

    // MARK: In the index

    struct Stored {
        var root: CatalogRoot
        var isCurrent: Bool
    }

    /// Nil where there is none, or none of the catalog as it is.
    ///
    /// - Parameter checkpoint: as the snapshot has it.
    static func stored(
        _ keeper: any CatalogRootKeeper, in snapshot: any OrderedIndexSnapshot, at checkpoint: CheckpointState
    ) throws(StorageError) -> Stored? {
        guard let sealed = try snapshot.value(key), let record = try keeper.open(sealed, for: place(checkpoint)) else {
            return nil
        }
        return Stored(root: try CatalogRoot(decoding: record.bytes), isCurrent: record.isCurrent)
    }

    /// - Parameter checkpoint: as the transaction leaves it.
    func write(
        _ keeper: any CatalogRootKeeper, to transaction: any OrderedIndexTransaction,
        at checkpoint: CheckpointState
    ) throws(StorageError) {
        try transaction.put(Self.key, try keeper.seal(encoded(), for: Self.place(checkpoint)))
    }

    /// Nil while not all rows are in it, and in the middle of a checkpoint.
    func mark(at checkpoint: CheckpointState) -> CatalogRootMark? {
        guard isWhole, checkpoint.containedLSN == checkpoint.appliedLSN else { return nil }
        return CatalogRootMark(lsn: checkpoint.appliedLSN, rows: whole.encoded())
    }
}

extension RowHash {
    /// Little-endian, one after the other.
    func encoded() -> [UInt8] {
        var bytes: [UInt8] = []
        for index in indices { bytes.appendLittleEndian(self[index]) }
        return bytes
    }

    fileprivate init?(from reader: inout ByteReader) {
        self = .zero
        for index in indices {
            guard let number = reader.integer(UInt64.self) else { return nil }
            self[index] = number
        }
    }
}
