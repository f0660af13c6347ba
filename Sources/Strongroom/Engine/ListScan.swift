internal import StrongroomStorage
internal import StrongroomSystem

/// Collects one page's rows and common prefixes from a snapshot. A rolled-up prefix costs one seek,
/// however many keys share it.
struct ListScan: Sendable {
    struct Found: Sendable {
        var rows: [(key: [UInt8], value: [UInt8])] = []
        var commonPrefixes: [[UInt8]] = []
        /// Object key bytes from which the next page goes on; nil at the end.
        var next: [UInt8]?
        var lsn: UInt64
    }

    private let bucketUID: [UInt8]
    private let rollup: KeyRollup
    private let lowerBound: [UInt8]
    private let limit: Int

    init(_ options: ListOptions, bucketUID: [UInt8]) {
        self.bucketUID = bucketUID
        rollup = KeyRollup(prefix: options.prefix, delimiter: options.delimiter)
        limit = options.limit
        // The first key after `k` in byte order is k followed by a zero byte.
        let afterStart: [UInt8]? = options.startAfter.map { Array($0.utf8) + [0] }
        let start: [UInt8] = options.continuation?.lowerBound ?? afterStart ?? []
        lowerBound = start.lexicographicallyPrecedes(rollup.prefix) ? rollup.prefix : start
    }

    func run(_ snapshot: any MetadataSnapshot) throws(StorageError) -> Found {
        var found = Found(lsn: snapshot.lsn)
        let start = RowKey.current(bucketUID, prefix: lowerBound)
        let end = RowKey.successor(ofPrefix: RowKey.current(bucketUID, prefix: rollup.prefix))
        try snapshot.scan(from: start, to: end) { key, row throws(StorageError) in
            let objectKey = key.dropFirst(RowKey.prefixBytes)
            if found.rows.count + found.commonPrefixes.count == limit {
                found.next = Array(objectKey)
                return .stop
            }
            guard let common = rollup.commonPrefix(of: objectKey) else {
                found.rows.append((key, row.value))
                return .next
            }
            found.commonPrefixes.append(common)
            guard let after = RowKey.successor(ofPrefix: RowKey.current(bucketUID, prefix: common)) else {
                return .stop
            }
            return .seek(after)
        }
        return found
    }
}
