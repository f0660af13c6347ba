internal import StrongroomCatalog
internal import StrongroomSystem

/// The counters of an index beside what its rows add up to; and whether each row is found by its key, as the rows that
/// are visited one after the other need not be where a branch of the index's tree is damaged.
struct IndexCount {
    private(set) var differences: [String] = []

    init(_ snapshot: any OrderedIndexSnapshot, _ sums: RowSumDefinition?) throws(StorageError) {
        var account = RowAccount(RowStatistics())
        var owners: [BlobName: [UInt8]] = [:]
        let sumState = try sums.map { (sums) throws(StorageError) in try RowSumState(sums, in: snapshot) }
        var counted = RowSumFingerprint()
        let stored = try storedRoot(sums, snapshot)
        var root = RowHash.zero
        var isFound = true
        let cursor = try snapshot.cursor()
        var entry = try cursor.seek(KeySpace.engineLowerBound)
        while let (key, row) = entry, KeySpace.isEngineKey(key) {
            if isFound, try snapshot.value(key) != row {
                isFound = false
                differences.append("a row is not found by its key")
            }
            if let (payload, _) = StoredRowCodec.decodePayload(row) {
                account.count(payload, adding: true)
                if case .blob(let reference) = payload {
                    if owners.updateValue(key, forKey: BlobName(reference)) != nil {
                        differences.append("two rows have one blob")
                    }
                }
            }
            if let sums, let sumState, sumState.covers(key) {
                var tally = RowTally()
                tally.count(key, stored: row, sums, adding: true)
                counted.add(tally)
            }
            if stored != nil, let keys = sums?.root { root &+= try keys.hash(key, row) }
            entry = try cursor.next()
        }
        if let sumState, sumState.phase != .clearing { try compareSums(counted, snapshot) }
        if let stored, stored.whole != root { differences.append(RowSumUpdate.contradiction.message) }
        try compareStatistics(account.statistics, snapshot)
        try compareSegments(account, snapshot)
        try compareOwners(owners, snapshot)
    }

    private mutating func compareStatistics(
        _ counted: RowStatistics, _ snapshot: any OrderedIndexSnapshot
    ) throws(StorageError) {
        let state = try StoreView.checkpointState(in: snapshot)
        if state.statistics != counted {
            differences.append("the statistics say \(state.statistics.fields), the rows add up to \(counted.fields)")
        }
    }

    /// Nil where there is none that all rows are in.
    private mutating func storedRoot(
        _ sums: RowSumDefinition?, _ snapshot: any OrderedIndexSnapshot
    ) throws(StorageError) -> CatalogRoot? {
        guard let keys = sums?.root else { return nil }
        let checkpoint = try StoreView.checkpointState(in: snapshot)
        guard let stored = try CatalogRoot.stored(keys, in: snapshot, at: checkpoint) else {
            differences.append("the root of the catalog is not what the store wrote")
            return nil
        }
        return stored.root.isWhole ? stored.root : nil
    }

    private mutating func compareSums(
        _ counted: RowSumFingerprint, _ snapshot: any OrderedIndexSnapshot
    ) throws(StorageError) {
        var stored = RowSumFingerprint()
        let cursor = try snapshot.cursor()
        var entry = try cursor.seek(StoreKeys.sumPrefix)
        while let (key, value) = entry, ByteOrder.isLess(key, StoreKeys.sumEnd) {
            guard let amounts = RowAmounts(decoding: value) else {
                differences.append("a sum of key usage is damaged")
                return
            }
            stored.add(Array(key.dropFirst(StoreKeys.sumPrefix.count)), amounts)
            entry = try cursor.next()
        }
        if stored != counted { differences.append("the rows do not add up to the sums of key usage") }
    }

    private mutating func compareSegments(
        _ account: RowAccount, _ snapshot: any OrderedIndexSnapshot
    ) throws(StorageError) {
        var stored = try StoreView.segmentUsages(in: snapshot)
        for (id, counted) in account.segments {
            let usage = stored.removeValue(forKey: id) ?? SegmentUsage()
            if usage != SegmentUsage().changed(bytes: counted.bytes, rows: counted.rows) {
                differences.append(
                    "segment \(id) counts \(usage.liveBytes) live bytes, its rows add up to \(counted.bytes)")
            }
        }
        for id in stored.keys.sorted() { differences.append("segment \(id) counts live bytes, and no row is in it") }
    }

    private mutating func compareOwners(
        _ owners: [BlobName: [UInt8]], _ snapshot: any OrderedIndexSnapshot
    ) throws(StorageError) {
        var owners = owners
        let cursor = try snapshot.cursor()
        var entry = try cursor.seek(StoreKeys.blobPrefix)
        while let (key, owner) = entry, ByteOrder.isLess(key, StoreKeys.blobEnd) {
            guard let name = StoreKeys.blobName(key), owners.removeValue(forKey: name) == owner else {
                differences.append("an owner row names a row that does not have the blob")
                entry = try cursor.next()
                continue
            }
            entry = try cursor.next()
        }
        if !owners.isEmpty { differences.append("\(owners.count) blobs have no owner row") }
    }
}
