internal import StrongroomCatalog
internal import StrongroomSystem

/// Moves a frozen table into the index, in key order, in transactions of bounded size.
///
/// A slice of a table ordered by key is no prefix of the log: every slice writes `containedLSN`, and
/// only the last one moves `appliedLSN`, where replay starts. A crash between slices replays all of it.
struct CheckpointWriter {
    let index: any OrderedIndex
    let rowsPerTransaction: Int
    var sums: RowSumDefinition?

    /// - Returns: the state that the last transaction wrote.
    func write(
        _ frozen: RowTables.Frozen, after state: CheckpointState, sealedBlobEpoch: UInt64
    ) throws(StorageError) -> CheckpointState {
        var state = state
        state.containedLSN = max(state.containedLSN, frozen.lastLSN)
        var cursor = frozen.table.cursor()
        var entry = cursor.seek([])
        repeat {
            var slice: [RowChange] = []
            while let (key, value) = entry, slice.count < rowsPerTransaction {
                slice.append(RowChange(key: key, entry: value))
                entry = cursor.next()
            }
            if entry == nil {
                state.appliedLSN = frozen.lastLSN
                state.timeMilliseconds = max(state.timeMilliseconds, frozen.timeMilliseconds)
                state.sealedBlobEpoch = max(state.sealedBlobEpoch, sealedBlobEpoch)
            }
            state = try write(slice, state)
        } while entry != nil
        return state
    }

    private func write(_ slice: [RowChange], _ state: CheckpointState) throws(StorageError) -> CheckpointState {
        var written = state
        try index.write { (transaction) throws(StorageError) in
            var account = RowAccount(state.statistics)
            var update = try sums.map { (sums) throws(StorageError) in try RowSumUpdate(sums, in: transaction) }
            for change in slice { try Self.apply(change, to: transaction, &account, &update) }
            try Self.apply(account, to: transaction)
            try update?.write(to: transaction, at: state)
            written.statistics = account.statistics
            try transaction.put(CheckpointState.key, written.encoded())
        }
        return written
    }

    private static func apply(
        _ change: RowChange, to transaction: any OrderedIndexTransaction, _ account: inout RowAccount,
        _ sums: inout RowSumUpdate?
    ) throws(StorageError) {
        if KeySpace.isEngineKey(change.key) {
            let old = try transaction.value(change.key)
            try replace(old, by: change, in: transaction, &account)
            let new: [UInt8]? = if case .put(let row) = change.entry { row } else { nil }
            try sums?.note(change.key, from: old, to: new)
        }
        switch change.entry {
        case .put(let row): try transaction.put(change.key, row)
        case .deleted: try transaction.delete(change.key)
        }
    }

    private static func replace(
        _ old: [UInt8]?, by change: RowChange, in transaction: any OrderedIndexTransaction,
        _ account: inout RowAccount
    ) throws(StorageError) {
        if let old {
            let payload = try payload(old, key: change.key)
            account.count(payload, adding: false)
            try disown(payload, by: change.key, in: transaction)
        }
        if case .put(let row) = change.entry {
            let payload = try payload(row, key: change.key)
            account.count(payload, adding: true)
            if case .blob(let reference) = payload {
                try transaction.put(StoreKeys.blob(BlobName(reference)), change.key)
            }
        }
    }

    /// A blob that moved to another row may have been taken over by it in this slice or one before.
    private static func disown(
        _ payload: PayloadLocation, by key: [UInt8], in transaction: any OrderedIndexTransaction
    ) throws(StorageError) {
        guard case .blob(let reference) = payload else { return }
        let blobKey = StoreKeys.blob(BlobName(reference))
        if try transaction.value(blobKey) == key { try transaction.delete(blobKey) }
    }

    private static func payload(_ row: [UInt8], key: [UInt8]) throws(StorageError) -> PayloadLocation {
        guard let (payload, _) = StoredRowCodec.decodePayload(row) else {
            throw StorageError(
                .corrupted, "a row of the catalog is damaged (key of \(key.count) bytes); rebuild the catalog")
        }
        return payload
    }

    private static func apply(
        _ account: RowAccount, to transaction: any OrderedIndexTransaction
    ) throws(StorageError) {
        for (segment, change) in account.segments where change != (0, 0) {
            let key = StoreKeys.segment(segment)
            let usage = try usage(of: segment, in: transaction)
            guard let usage = usage.changed(bytes: change.bytes, rows: change.rows) else {
                throw StorageError(
                    .corrupted, "the live bytes of segment \(segment) would fall below zero; rebuild the catalog")
            }
            if usage == SegmentUsage() {
                try transaction.delete(key)
            } else {
                try transaction.put(key, usage.encoded())
            }
        }
    }

    private static func usage(
        of segment: UInt64, in snapshot: any OrderedIndexSnapshot
    ) throws(StorageError) -> SegmentUsage {
        guard let bytes = try snapshot.value(StoreKeys.segment(segment)) else { return SegmentUsage() }
        guard let usage = SegmentUsage(decoding: bytes) else {
            throw StorageError(.corrupted, "the counter of segment \(segment) is damaged; rebuild the catalog")
        }
        return usage
    }
}
