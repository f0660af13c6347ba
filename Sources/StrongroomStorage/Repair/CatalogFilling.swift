internal import StrongroomCatalog
internal import StrongroomSystem

/// Fills an index that has no rows yet.
///
/// The checkpoint row comes with the last transaction: an index whose filling was interrupted has none, and is not
/// taken for one.
struct CatalogFilling {
    let index: any OrderedIndex
    let storeID: [UInt8]
    let sums: RowSumDefinition?
    let rowsPerTransaction: Int

    /// As a new store has it.
    func fillEmpty() throws(StorageError) {
        let state = CheckpointState(storeID: storeID)
        try index.write { (transaction) throws(StorageError) in
            if let sums {
                let complete = RowSumState(definitionNumber: sums.number, at: state, phase: .complete)
                try transaction.put(RowSumState.key, complete.encoded())
                if let root = sums.root { try CatalogRoot(isWhole: true).write(root, to: transaction, at: state) }
            }
            try transaction.put(CheckpointState.key, state.encoded())
        }
    }

    /// - Returns: where replay starts.
    func fill(from image: inout ImageReader) throws(StorageError) -> CheckpointState {
        var checkpointRow: [UInt8]?
        var slice: [ImageReader.Row] = []
        while let rows = try image.next() {
            for row in rows {
                if row.key == CheckpointState.key { checkpointRow = row.value } else { slice.append(row) }
            }
            if slice.count >= rowsPerTransaction {
                try write(slice)
                slice.removeAll(keepingCapacity: true)
            }
        }
        guard let checkpointRow, let state = try? CheckpointState(decoding: checkpointRow),
            state.storeID == storeID, state.appliedLSN == image.header.appliedLSN
        else {
            throw StorageError(
                .corrupted, "the image of the catalog has no checkpoint row that fits it; try an older one")
        }
        slice.append((CheckpointState.key, checkpointRow))
        try write(slice)
        return state
    }

    private func write(_ rows: [ImageReader.Row]) throws(StorageError) {
        try index.write { (transaction) throws(StorageError) in
            for (key, value) in rows { try transaction.put(key, value) }
        }
    }
}
