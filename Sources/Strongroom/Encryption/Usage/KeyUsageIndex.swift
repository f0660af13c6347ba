internal import StrongroomStorage

/// What the store's index adds up over rows, so that it can be said at once what hangs on a key: for each key and
/// bucket the objects' versions, their bytes, uploads under way and Bucket Keys, by the version of the key; and when
/// the locks of those end that nobody may delete yet.
///
/// It is derived from the rows' clear fields and says nothing that they do not: nothing of it is authenticated, and
/// `verify` holds it against the rows. Of an object in two layers both keys are counted. Customer keys are not: the
/// store knows no two that are alike.
enum KeyUsageIndex {
    static let definition = RowSumDefinition(
        number: 3,
        tables: [RowKey.versionTable, RowKey.currentTable, RowKey.uploadTable, RowKey.bucketKeyTable], addUp: addUp)

    /// The meaning of the four amounts under `KeyUsageName.use`.
    enum Amount {
        static let objects = 0
        static let bytes = 1
        static let uploads = 2
        static let bucketKeys = 3
    }

    /// More bytes than any object has (`PutOperation.objectLimitBytes`). Sums of sizes that damage made larger would
    /// fall below zero.
    static let objectBytesMax: UInt64 = 1 << 46

    private static func addUp(_ rowKey: [UInt8], _ value: ArraySlice<UInt8>, _ tally: inout RowTally) {
        guard rowKey.count >= RowKey.prefixBytes, let fields = UsedKeys(value, inTable: rowKey[0]) else { return }
        let uid = rowKey[1..<RowKey.prefixBytes]
        let bytes = Int64(min(fields.sizeBytes, objectBytesMax))
        for use in fields.uses {
            let name = KeyUsageName.use(use, uid)
            switch fields.kind {
            case .bucketKey: tally.add(name, [0, 0, 0, 1])
            case .upload: tally.add(name, [0, 0, 1, 0])
            case .object:
                tally.add(name, [1, bytes, 0, 0])
                guard let end = fields.complianceEnd else { continue }
                tally.add(KeyUsageName.lockHour(of: end, use, uid), [1, bytes, 0, 0])
                tally.add(KeyUsageName.lockEnd(end, use, uid), [1, bytes, 0, 0])
            }
        }
    }
}
