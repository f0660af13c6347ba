internal import StrongroomCatalog
internal import StrongroomSystem
internal import StrongroomTestSupport

/// A journal's files as the writer left them, and then what damage has made of them, or somebody who makes checksums
/// anew behind what he changes. Whatever they are, nothing traps. Recovery returns the records behind those that the
/// catalog has, one after the other, and the same ones the next time; inspection finds these too, and nothing wrong
/// with them; a record that is added then is there afterwards. Repair does what it said that it would do, and once it
/// is done there is nothing left to do. What nobody has forged gives nothing but what was written.
public func fuzzJournalSegment(_ input: RawSpan) {
    var input = FuzzInput(input)
    do throws(StorageError) {
        let baseLSN = WrittenJournal.baseLSN(&input)
        let bounds = CatalogBounds(&input, after: baseLSN)
        let written = try WrittenJournal(&input, after: baseLSN)
        var files = JournalFiles(written.files)
        for _ in 0..<input.byte() % 6 { files.edit(&input) }
        let check = JournalCheck(written: written, files: files, bounds: bounds)
        try check.checkRecovery()
        try check.checkRepair()
    } catch {
        finding("a journal is neither taken nor refused: \(error)")
    }
}

/// What the catalog says that it has.
struct CatalogBounds {
    /// Every commit up to this one.
    let appliedLSN: UInt64
    /// And some up to this one.
    let containedLSN: UInt64

    init(_ input: inout FuzzInput, after baseLSN: UInt64) {
        let choice = input.byte()
        let appliedLSN = choice & 1 == 0 ? baseLSN : input.integer(near: baseLSN)
        self.appliedLSN = appliedLSN
        containedLSN = choice & 2 == 0 ? appliedLSN : max(appliedLSN, input.integer(near: appliedLSN))
    }

    /// A catalog that has no row but this one.
    func index() throws(StorageError) -> MemoryIndex {
        let index = MemoryIndex()
        let row = checkpointRow
        try index.write { (transaction) throws(StorageError) in try transaction.put([0x00, 0x01], row) }
        return index
    }

    private var checkpointRow: [UInt8] {
        var row: [UInt8] = []
        row.append(littleEndian: 1 as UInt32)
        row += SimulatedMachine.storeID
        row.append(littleEndian: containedLSN)
        row.append(littleEndian: appliedLSN)
        // Time, the last epoch of blobs, and what rows add up to.
        row += [UInt8](repeating: 0, count: 8 + 8 + 7 * 8)
        row.append(littleEndian: checksum(row[...]))
        return row
    }
}

/// What `body` returns; nil where what is on the disk is refused, as it may be.
func unlessRefused<Value>(_ body: () throws(StorageError) -> Value) throws(StorageError) -> Value? {
    do throws(StorageError) {
        return try body()
    } catch  where error.code == .corrupted || error.code == .unsupportedFormat {
        return nil
    }
}
