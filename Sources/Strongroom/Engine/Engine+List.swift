internal import StrongroomStorage
internal import StrongroomSystem

extension Engine {
    /// One page, from one snapshot. Rows are copied out under the snapshot and opened after it, so that
    /// a page never holds a read transaction longer than the scan takes.
    func list(_ options: ListOptions, in name: BucketName) async throws(StoreError) -> ListPage {
        _ = try unlockedKeys()
        let bucket = try bucket(name)
        let scan = ListScan(options, bucketUID: bucket.row.uid)
        let found = try await readStorage { snapshot throws(StorageError) in try scan.run(snapshot) }
        var page = ListPage(
            objects: [], commonPrefixes: found.commonPrefixes.map { String(decoding: $0, as: UTF8.self) }, damaged: [],
            continuation: found.next.map(ListContinuation.init(lowerBound:)), lsn: found.lsn)
        page.objects.reserveCapacity(found.rows.count)
        for (rowKey, value) in found.rows {
            let keyBytes = rowKey.dropFirst(RowKey.currentPrefixBytes)
            do throws(StoreError) {
                guard let key = ObjectKey(storedBytes: keyBytes) else {
                    throw StoreError(.damaged, "The row's key is no object key.", bucket: name)
                }
                page.objects.append(try opened(value, rowKey: rowKey, key, in: bucket, name).info)
            } catch  where error.code == .damaged {
                page.damaged.append(
                    DamagedObject(bucket: name, key: String(decoding: keyBytes, as: UTF8.self), reason: error.message))
            }
        }
        return page
    }

    func listNames(_ options: ListOptions, in name: BucketName) async throws(StoreError) -> NamePage {
        let scan = ListScan(options, bucketUID: try bucket(name).row.uid)
        let found = try await readStorage { snapshot throws(StorageError) in try scan.run(snapshot) }
        return NamePage(
            names: found.rows.map { String(decoding: $0.key.dropFirst(RowKey.currentPrefixBytes), as: UTF8.self) },
            commonPrefixes: found.commonPrefixes.map { String(decoding: $0, as: UTF8.self) },
            continuation: found.next.map(ListContinuation.init(lowerBound:)))
    }
}

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
    private let prefix: [UInt8]
    private let delimiter: [UInt8]?
    private let lowerBound: [UInt8]
    private let limit: Int

    init(_ options: ListOptions, bucketUID: [UInt8]) {
        self.bucketUID = bucketUID
        prefix = Array(options.prefix.utf8)
        delimiter = options.delimiter.map { Array($0.utf8) }
        limit = options.limit
        // The first key after `k` in byte order is k followed by a zero byte.
        let afterStart: [UInt8]? = options.startAfter.map { Array($0.utf8) + [0] }
        let start: [UInt8] = options.continuation?.lowerBound ?? afterStart ?? []
        lowerBound = start.lexicographicallyPrecedes(prefix) ? prefix : start
    }

    func run(_ snapshot: any MetadataSnapshot) throws(StorageError) -> Found {
        var found = Found(lsn: snapshot.lsn)
        let start = RowKey.current(bucketUID, prefix: lowerBound)
        let end = RowKey.successor(ofPrefix: RowKey.current(bucketUID, prefix: prefix))
        try snapshot.scan(from: start, to: end) { key, row throws(StorageError) in
            let objectKey = key.dropFirst(RowKey.currentPrefixBytes)
            if found.rows.count + found.commonPrefixes.count == limit {
                found.next = Array(objectKey)
                return .stop
            }
            guard let common = commonPrefix(of: objectKey) else {
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

    /// What `key` is rolled up into: all up to and with the first delimiter after the prefix.
    private func commonPrefix(of key: ArraySlice<UInt8>) -> [UInt8]? {
        guard let delimiter else { return nil }
        let rest = key.dropFirst(prefix.count)
        guard rest.count >= delimiter.count else { return nil }
        for start in rest.startIndex...(rest.endIndex - delimiter.count)
        where rest[start..<start + delimiter.count].elementsEqual(delimiter) {
            return Array(key[key.startIndex..<start + delimiter.count])
        }
        return nil
    }
}
