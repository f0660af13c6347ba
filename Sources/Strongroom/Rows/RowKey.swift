/// The keys of the engine's rows. The first byte names the table; what follows orders its rows.
///
///     0x02 | bucket name                                     a bucket
///     0x03 | bucket uid (16) | escaped key | 00 01 | ~lsn    a version that is not the newest of its key
///     0x04 | bucket uid (16) | object key                    the newest version of a key, an object
///     0x05 | bucket uid (16) | escaped key | 00 01 | upload id (16)   a multipart upload
///     0x06 | bucket uid (16) | object uid (16) | number u16  a part of an upload or of an object (number big-endian)
///     0x07 | bucket uid (16) | Bucket Key id (16)            a Bucket Key (`BucketKeyRow`)
///     0x08 | bucket uid (16) | version id (16)               where in table 0x03 a version is (`VersionPointer`)
///     0x09 | bucket uid (16) | object key                    where in table 0x03 the null version of a key is
///     0x0A | bucket uid (16) | object key                    the newest version of a key, a delete marker
///     0x0B | bucket uid (16) | object uid (16)               parts that no object and no upload owns any more
///     0x0C                                                   the lock clock (`LockClockRow`)
///     0x0D | name                                            a consumer of the change feed (`ConsumerRow`)
///     0x0E | name                                            a user of a server (`UserRow`), sealed
///     0x0F | bucket uid (16) | kind u8                       a document of a bucket (`BucketDocumentKind`), sealed
///     0x10 | name                                            a role of a server (`RoleRow`), sealed
///
/// Listing reads only table 0x04, so delete markers and old versions cost it nothing. A key has at most one
/// row in 0x04 and 0x0A together: whatever changes the stack of a key's versions changes that row, which is
/// what lets a commit see that its plan is stale. Within a key of table 0x03 newer versions come first
/// (`~lsn` is the complement of the LSN, u64 big-endian); a zero byte of the key is escaped as 00 FF.
///
/// 0x00 and 0x80–0xFF belong to the storage below.
enum RowKey {
    static let bucketTable: UInt8 = 0x02
    static let versionTable: UInt8 = 0x03
    static let currentTable: UInt8 = 0x04
    static let uploadTable: UInt8 = 0x05
    static let partTable: UInt8 = 0x06
    static let bucketKeyTable: UInt8 = 0x07
    static let versionPointerTable: UInt8 = 0x08
    static let nullPointerTable: UInt8 = 0x09
    static let markerTable: UInt8 = 0x0A
    static let abandonedPartsTable: UInt8 = 0x0B
    static let lockClockTable: UInt8 = 0x0C
    static let consumerTable: UInt8 = 0x0D
    static let userTable: UInt8 = 0x0E
    static let bucketDocumentTable: UInt8 = 0x0F
    static let roleTable: UInt8 = 0x10
    /// Those whose rows are versions of objects.
    static let versionTables: Set<UInt8> = [versionTable, currentTable, markerTable]

    static let lockClock: [UInt8] = [lockClockTable]

    static func bucket(_ name: BucketName) -> [UInt8] { [bucketTable] + Array(name.rawValue.utf8) }

    static func bucketKey(_ bucketUID: [UInt8], _ id: [UInt8]) -> [UInt8] { row(bucketKeyTable, bucketUID, id) }

    /// What the rows of a bucket's Bucket Keys begin with.
    static func bucketKeys(_ bucketUID: [UInt8]) -> [UInt8] { [bucketKeyTable] + bucketUID }

    static func consumer(_ name: String) -> [UInt8] { [consumerTable] + Array(name.utf8) }

    static func user(_ name: String) -> [UInt8] { [userTable] + Array(name.utf8) }

    static func role(_ name: String) -> [UInt8] { [roleTable] + Array(name.utf8) }

    static func bucketDocument(_ bucketUID: [UInt8], _ kind: BucketDocumentKind) -> [UInt8] {
        bucketDocuments(bucketUID) + [kind.rawValue]
    }

    /// What the rows of a bucket's documents begin with.
    static func bucketDocuments(_ bucketUID: [UInt8]) -> [UInt8] { [bucketDocumentTable] + bucketUID }

    static func current(_ bucketUID: [UInt8], _ key: ObjectKey) -> [UInt8] {
        current(bucketUID, prefix: key.rawValue.utf8)
    }

    static func current(_ bucketUID: [UInt8], prefix: some Collection<UInt8>) -> [UInt8] {
        row(currentTable, bucketUID, prefix)
    }

    static func marker(_ bucketUID: [UInt8], _ key: ObjectKey) -> [UInt8] {
        row(markerTable, bucketUID, key.rawValue.utf8)
    }

    static func nullPointer(_ bucketUID: [UInt8], _ key: ObjectKey) -> [UInt8] {
        row(nullPointerTable, bucketUID, key.rawValue.utf8)
    }

    static func versionPointer(_ bucketUID: [UInt8], _ versionID: [UInt8]) -> [UInt8] {
        row(versionPointerTable, bucketUID, versionID)
    }

    /// The versions of one key that are not its newest.
    static func versions(_ bucketUID: [UInt8], of key: ObjectKey) -> [UInt8] {
        versions(bucketUID, prefix: key.rawValue.utf8) + keyEnd
    }

    /// All rows of table 0x03 whose keys begin with `prefix`.
    static func versions(_ bucketUID: [UInt8], prefix: some Collection<UInt8>) -> [UInt8] {
        row(versionTable, bucketUID, escaped(prefix))
    }

    static func version(_ bucketUID: [UInt8], _ key: ObjectKey, lsn: UInt64) -> [UInt8] {
        var row = versions(bucketUID, of: key)
        for shift in stride(from: 56, through: 0, by: -8) { row.append(UInt8(truncatingIfNeeded: ~lsn >> shift)) }
        return row
    }

    /// The object key's bytes and the LSN in a row key of table 0x03; nil where it is none.
    static func parseVersion(_ rowKey: [UInt8]) -> (key: [UInt8], lsn: UInt64)? {
        guard rowKey.first == versionTable, rowKey.count > prefixBytes + keyEnd.count + 8 else { return nil }
        guard let key = unescaped(rowKey[prefixBytes..<rowKey.count - 8]) else { return nil }
        return (key, ~rowKey.suffix(8).reduce(0) { $0 << 8 | UInt64($1) })
    }

    /// The object key in front of its end mark; nil where that, or an escape, is not as it should be.
    private static func unescaped(_ escaped: ArraySlice<UInt8>) -> [UInt8]? {
        guard escaped.suffix(keyEnd.count).elementsEqual(keyEnd) else { return nil }
        var key: [UInt8] = []
        var rest = escaped.dropLast(keyEnd.count)
        while let byte = rest.popFirst() {
            if byte == 0, rest.popFirst() != 0xFF { return nil }
            key.append(byte)
        }
        return key
    }

    static func upload(_ bucketUID: [UInt8], _ key: ObjectKey, _ uploadID: [UInt8]) -> [UInt8] {
        uploads(bucketUID, prefix: key.rawValue.utf8) + keyEnd + uploadID
    }

    /// All rows of table 0x05 whose keys begin with `prefix`.
    static func uploads(_ bucketUID: [UInt8], prefix: some Collection<UInt8>) -> [UInt8] {
        row(uploadTable, bucketUID, escaped(prefix))
    }

    /// The object key's bytes and the upload id in a row key of table 0x05; nil where it is none.
    static func parseUpload(_ rowKey: [UInt8]) -> (key: [UInt8], uploadID: [UInt8])? {
        guard rowKey.first == uploadTable, rowKey.count > prefixBytes + keyEnd.count + ObjectRow.uidBytes,
            let key = unescaped(rowKey[prefixBytes..<rowKey.count - ObjectRow.uidBytes])
        else { return nil }
        return (key, Array(rowKey.suffix(ObjectRow.uidBytes)))
    }

    /// The object key's bytes in the key of a row that holds one; nil where it is none.
    static func objectKey(in rowKey: [UInt8]) -> [UInt8]? {
        switch rowKey.first {
        case currentTable, markerTable: rowKey.count > prefixBytes ? Array(rowKey[prefixBytes...]) : nil
        case versionTable: parseVersion(rowKey)?.key
        case uploadTable: parseUpload(rowKey)?.key
        default: nil
        }
    }

    /// All parts of an object or of an upload.
    static func parts(_ bucketUID: [UInt8], of objectUID: [UInt8]) -> [UInt8] { row(partTable, bucketUID, objectUID) }

    static func part(_ bucketUID: [UInt8], of objectUID: [UInt8], number: Int) -> [UInt8] {
        parts(bucketUID, of: objectUID) + [UInt8(truncatingIfNeeded: number >> 8), UInt8(truncatingIfNeeded: number)]
    }

    static func partNumber(_ rowKey: [UInt8]) -> Int? {
        guard rowKey.first == partTable, rowKey.count == prefixBytes + ObjectRow.uidBytes + 2 else { return nil }
        return Int(rowKey[rowKey.count - 2]) << 8 | Int(rowKey[rowKey.count - 1])
    }

    static func abandonedParts(_ bucketUID: [UInt8], of objectUID: [UInt8]) -> [UInt8] {
        row(abandonedPartsTable, bucketUID, objectUID)
    }

    /// How many bytes stand before the object key in the rows of an object.
    static let prefixBytes = 1 + 16

    /// Ends the object key in a row of table 0x03: before all that continues a key.
    static let keyEnd: [UInt8] = [0x00, 0x01]

    private static func escaped(_ key: some Collection<UInt8>) -> [UInt8] {
        guard key.contains(0) else { return Array(key) }
        return key.flatMap { $0 == 0 ? [0x00, 0xFF] : [$0] }
    }

    private static func row(_ table: UInt8, _ bucketUID: [UInt8], _ rest: some Collection<UInt8>) -> [UInt8] {
        var row: [UInt8] = []
        row.reserveCapacity(1 + bucketUID.count + rest.count + keyEnd.count + 8)
        row.append(table)
        row.append(contentsOf: bucketUID)
        row.append(contentsOf: rest)
        return row
    }

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
