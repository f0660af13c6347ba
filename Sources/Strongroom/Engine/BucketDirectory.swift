internal import Synchronization

/// The buckets of the store, as their rows said last.
///
/// One process owns the store, so what was committed here is all there is: the directory is filled at
/// open and follows every commit that changes a bucket. Commits finish in any order at their callers;
/// the LSN decides which one is newer, for removals too. A put still has its plan checked against the
/// bucket's row by the committer.
final class BucketDirectory: Sendable {
    private struct Entry {
        var lsn: UInt64
        /// Nil: deleted at `lsn`, or damaged.
        var bucket: KnownBucket?
        /// What is wrong with the bucket's row.
        var damage: String?
    }

    private let entries = Mutex<[BucketName: Entry]>([:])
    private let unreadableRows = Mutex<Set<[UInt8]>>([])

    subscript(name: BucketName) -> KnownBucket? {
        entries.withLock { $0[name]?.bucket }
    }

    func damage(of name: BucketName) -> String? {
        entries.withLock { $0[name]?.damage }
    }

    /// Rows of buckets that cannot be used, with the reason.
    var damaged: [(place: String, reason: String)] {
        let named = entries.withLock { entries in
            entries.compactMap { name, entry in entry.damage.map { (name.rawValue, $0) } }
        }
        let unnamed = unreadableRows.withLock { rows in
            rows.map {
                (String(decoding: $0.dropFirst(), as: UTF8.self).debugDescription, "A bucket's name breaks the rules.")
            }
        }
        return named + unnamed
    }

    /// All buckets, in byte order of their names.
    var all: [(name: BucketName, bucket: KnownBucket)] {
        entries.withLock { entries in
            entries.compactMap { name, entry in entry.bucket.map { (name, $0) } }
        }.sorted { $0.0 < $1.0 }
    }

    func noteDamage(of name: BucketName, _ reason: String, lsn: UInt64) {
        entries.withLock { $0[name] = Entry(lsn: lsn, bucket: nil, damage: reason) }
    }

    func noteUnreadableRow(_ rowKey: [UInt8]) {
        unreadableRows.withLock { _ = $0.insert(rowKey) }
    }

    /// Takes note of what a commit at `lsn` made of the bucket; an older note changes nothing.
    func note(_ name: BucketName, _ bucket: KnownBucket?, lsn: UInt64) {
        entries.withLock { entries in
            if let known = entries[name], known.lsn > lsn { return }
            entries[name] = Entry(lsn: lsn, bucket: bucket)
        }
    }
}

/// A bucket's row, and its bytes as stored, which a plan is compared with.
struct KnownBucket: Sendable {
    var row: BucketRow
    var storedValue: [UInt8]

    func info(_ name: BucketName) -> BucketInfo {
        BucketInfo(
            name: name, created: .init(storeMilliseconds: row.createdMilliseconds),
            defaultEncryption: row.defaultEncryption,
            allowedEncryption: row.allowsCustomerKeys ? [.customerKeys] : [], versioning: row.versioning,
            objectLock: row.objectLock != nil, defaultRetention: row.objectLock?.defaultRetention, lsn: row.lsn)
    }
}
