/// The keys of the engine's rows. The first byte names the table; what follows orders its rows.
///
///     0x02 | bucket name                       a bucket
///     0x04 | bucket uid (16) | object key      the current, undeleted version of an object
///
/// Listing reads only table 0x04. Reserved for what is to come: 0x03 (versions that are not current),
/// 0x05 (multipart uploads), 0x06 (parts), 0x07 (Bucket Keys). 0x00 and 0x80–0xFF belong to the storage
/// below.
enum RowKey {
    static let bucketTable: UInt8 = 0x02
    static let currentTable: UInt8 = 0x04

    static func bucket(_ name: BucketName) -> [UInt8] { [bucketTable] + Array(name.rawValue.utf8) }

    static func current(_ bucketUID: [UInt8], _ key: ObjectKey) -> [UInt8] {
        current(bucketUID, prefix: key.rawValue.utf8)
    }

    static func current(_ bucketUID: [UInt8], prefix: some Collection<UInt8>) -> [UInt8] {
        var row: [UInt8] = []
        row.reserveCapacity(1 + bucketUID.count + prefix.count)
        row.append(currentTable)
        row.append(contentsOf: bucketUID)
        row.append(contentsOf: prefix)
        return row
    }

    /// How many bytes stand before the object key in a row of the current table.
    static let currentPrefixBytes = 1 + 16

    /// The first key after all that begin with `prefix`; nil where there is none (all 0xFF).
    static func successor(ofPrefix prefix: [UInt8]) -> [UInt8]? {
        var next = prefix
        while let last = next.popLast() {
            if last < 0xFF {
                next.append(last + 1)
                return next
            }
        }
        return nil
    }
}
