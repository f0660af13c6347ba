package import SystemPackage

/// All disk access of our own goes through this protocol, so that the same code runs on POSIX and on
/// a simulated disk that crashes, tears, lies and fills up. (LMDB does its own input and output and
/// stands behind `OrderedIndex`.)
///
/// Every call blocks: callers run on threads of their own, never on Swift's cooperative pool.
package protocol FileSystem: Sendable {
    /// Opens a file. `.create` fails with `alreadyExists` where something stands at `path`; the new
    /// file has mode 0600 whatever the umask, and never follows a symbolic link.
    func open(_ path: FilePath, _ mode: FileOpenMode) throws(StorageError) -> any StorageFile

    /// Creates one directory with mode 0700; fails with `alreadyExists` where something stands there.
    func createDirectory(_ path: FilePath) throws(StorageError)

    /// Names in a directory, without "." and "..", in no particular order.
    func list(_ directory: FilePath) throws(StorageError) -> [String]

    /// Nil where nothing stands at `path`. Does not follow a symbolic link at the end.
    func status(_ path: FilePath) throws(StorageError) -> FileStatus?

    /// Removes a file. Fails with `notFound` where there is none.
    func remove(_ path: FilePath) throws(StorageError)

    /// Removes an empty directory.
    func removeDirectory(_ path: FilePath) throws(StorageError)

    /// Atomically replaces `target` (durable only after `synchronizeDirectory`).
    func rename(_ source: FilePath, to target: FilePath) throws(StorageError)

    /// Makes creations, removals and renames in `directory` durable.
    func synchronizeDirectory(_ directory: FilePath) throws(StorageError)

    /// Takes the exclusive advisory lock of the file at `path`, created when absent, and writes this
    /// process's id into it. Throws `locked` with the owner's process id in the message.
    func lockExclusively(_ path: FilePath) throws(StorageError) -> any FileLock
}

package enum FileOpenMode: Sendable {
    case readOnly
    case readWrite
    /// Read and write; the file must not exist.
    case create
}

package struct FileStatus: Sendable, Equatable {
    package enum Kind: Sendable { case file, directory, symbolicLink, other }
    package var kind: Kind
    package var sizeBytes: UInt64
    package init(kind: Kind, sizeBytes: UInt64) {
        self.kind = kind
        self.sizeBytes = sizeBytes
    }
}

/// An open file. Safe to read from several threads at once; writes come from one thread at a time.
package protocol StorageFile: AnyObject, Sendable {
    var path: FilePath { get }

    /// Fills `buffer` from `offset`; returns how many bytes there were (less than the buffer's size
    /// only at the end of the file). Interrupted and short reads are continued.
    func read(into buffer: inout MutableRawSpan, at offset: UInt64) throws(StorageError) -> Int

    /// Fills all of `buffer` from `offset` if that takes no waiting for the device, else says false (and
    /// `buffer` holds anything): then read on a thread that may block. Never blocks itself.
    func readIfCached(into buffer: inout MutableRawSpan, at offset: UInt64) -> Bool

    /// Writes all of `bytes` at `offset`. Interrupted and short writes are continued.
    func write(_ bytes: RawSpan, at offset: UInt64) throws(StorageError)

    /// Writes all of `bytes` at `offset` and makes them durable, sooner than `write` and `synchronizeData` do: past the
    /// page cache where that can be. For what nobody reads soon, in whole blocks of 4096.
    func writeThrough(_ bytes: RawSpan, at offset: UInt64) throws(StorageError)

    /// Writes `pieces` one after the other from `offset`, as one gathered write where the system can.
    func write(gathering pieces: [[UInt8]], at offset: UInt64) throws(StorageError)

    /// From now on writes go past the page cache where the file system can do that; each must start and
    /// end at a multiple of 4096, in the file and in memory. Whether it can: if not, nothing changes.
    func bypassPageCache() -> Bool

    /// Reserves disk space for bytes 0..<`sizeBytes` and extends the file to it: a later write there
    /// cannot fail for want of space. Throws `diskFull`, changing nothing.
    func allocate(sizeBytes: UInt64) throws(StorageError)

    func truncate(toBytes sizeBytes: UInt64) throws(StorageError)

    func sizeBytes() throws(StorageError) -> UInt64

    /// `fdatasync`: contents and size are durable on return. After a failure nothing about unsynced
    /// bytes is known, and calling again does not heal it.
    func synchronizeData() throws(StorageError)

    /// Forgets what the system remembers of the contents, so that reads ask the device. To be called
    /// after a sync, before trusting a file that another process wrote: after a sync that failed, Linux
    /// goes on showing bytes which no disk has, and counts them as clean.
    func evictCachedPages() throws(StorageError)

    /// Closes the descriptor. Further calls trap. Dropping the last reference closes too.
    func close()
}

/// Released by `release()` or when the last reference goes.
package protocol FileLock: AnyObject, Sendable {
    func release()
}

extension StorageFile {
    package func writeThrough(_ bytes: RawSpan, at offset: UInt64) throws(StorageError) {
        try write(bytes, at: offset)
        try synchronizeData()
    }
}
