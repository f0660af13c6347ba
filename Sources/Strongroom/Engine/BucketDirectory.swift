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
        /// Nil: deleted at `lsn`.
        var bucket: KnownBucket?
    }

    private let entries = Mutex<[BucketName: Entry]>([:])

    subscript(name: BucketName) -> KnownBucket? {
        entries.withLock { $0[name]?.bucket }
    }

    /// All buckets, in byte order of their names.
    var all: [(name: BucketName, bucket: KnownBucket)] {
        entries.withLock { entries in
            entries.compactMap { name, entry in entry.bucket.map { (name, $0) } }
        }.sorted { $0.0 < $1.0 }
    }

    /// Takes note of what a commit at `lsn` made of the bucket; an older note changes nothing.
    func note(_ name: BucketName, _ bucket: KnownBucket?, lsn: UInt64) {
        entries.withLock { entries in
            if let known = entries[name], known.lsn > lsn { return }
            entries[name] = Entry(lsn: lsn, bucket: bucket)
        }
    }
}

/// A bucket's row, its bytes as stored (which a plan is compared with) and the keys derived for it.
struct KnownBucket: Sendable {
    var row: BucketRow
    var storedValue: [UInt8]
    /// Nil in a locked store.
    var keys: BucketKeys?

    func info(_ name: BucketName) -> BucketInfo {
        BucketInfo(
            name: name, created: .init(storeMilliseconds: row.createdMilliseconds),
            defaultEncryption: row.defaultEncryption)
    }
}
