import CLMDB
import CStrongroomShims
import Glibc
import StrongroomSystem
import SystemPackage

/// An open environment of liblmdb with its one table.
///
/// Flags: `MDB_NOTLS` and no other. Never `NOSYNC`, `NOMETASYNC` (an unsynced file can be corrupt
/// after power loss), `WRITEMAP` (a stray write reaches the file) or `NOMEMINIT` (memory reaches the disk).
///
/// Safe to use: the handle is valid from `init` to `close`.
@safe
final class LMDBEnvironment: @unchecked Sendable {
    // Safe to send: liblmdb allows its environment on any thread, and `LMDBIndex` sees to it that `grow` and
    // `close` run while no transaction does.
    let path: FilePath
    private let handle: OpaquePointer
    /// The main table: LMDB gives it this number in every environment.
    private let table: MDB_dbi = 1
    /// Set once, as the environment is opened.
    private var pageSizeBytes: UInt = 0
    /// Only the writer thread changes and reads it.
    private var reservedToBytes: Int64 = 0
    /// The old map is gone and there is no new one: any transaction would fault. Changed by `grow`, and read by the
    /// same thread or behind the same lock (`ReaderGate.drained`).
    private(set) var isMapLost = false

    init(_ directory: FilePath, mapSizeBytes: Int, maximumReaders: Int) throws(StorageError) {
        path = directory.appending(CatalogFileCheck.dataFileName)
        var environment: OpaquePointer?
        do throws(LMDBFailure) {
            // Safe: `environment` is written before it is read.
            try unsafe LMDBFailure.check(mdb_env_create(&environment), "create")
            unsafe handle = environment!
        } catch {
            throw error.storageError(path: path)
        }
        do throws(LMDBFailure) {
            // Safe: a fresh environment, used by this thread alone.
            try unsafe LMDBFailure.check(mdb_env_set_mapsize(handle, mapSizeBytes), "set map size")
            try unsafe LMDBFailure.check(mdb_env_set_maxreaders(handle, UInt32(maximumReaders)), "set readers")
            let code = unsafe directory.withPlatformString { unsafe mdb_env_open(handle, $0, UInt32(MDB_NOTLS), 0o600) }
            try LMDBFailure.check(code, "open")
            try openTable()
            pageSizeBytes = UInt(statistics().pageSizeBytes)
        } catch {
            // Safe: LMDB asks for this even when the opening failed; nothing uses the handle afterwards.
            unsafe mdb_env_close(handle)
            throw error.storageError(path: path)
        }
    }

    private func openTable() throws(LMDBFailure) {
        var transaction: OpaquePointer?
        // Safe: `transaction` is written before it is read, and ended here on every path.
        try unsafe LMDBFailure.check(mdb_txn_begin(handle, nil, UInt32(MDB_RDONLY), &transaction), "begin")
        var opened: MDB_dbi = 0
        let code = unsafe mdb_dbi_open(transaction, nil, 0, &opened)
        // Safe: as above.
        unsafe mdb_txn_abort(transaction)
        try LMDBFailure.check(code, "open table")
        assert(opened == table, "LMDB numbers its main table 1")
    }

    func begin(isReadOnly: Bool) throws(LMDBFailure) -> LMDBTransaction {
        // Safe: the environment is open for as long as its `LMDBIndex` starts transactions.
        try unsafe LMDBTransaction(
            environment: handle, table: table, pageSizeBytes: pageSizeBytes, isReadOnly: isReadOnly)
    }

    /// Not while the map grows or the environment closes.
    func statistics() -> LMDBStatistics {
        var info = unsafe MDB_envinfo()
        var table = MDB_stat()
        // Safe: the environment is open, and both variables outlive the calls.
        let codes = unsafe mdb_env_info(handle, &info) | mdb_env_stat(handle, &table)
        assert(codes == MDB_SUCCESS, "they fail on a null argument only")
        // Safe: plain numbers.
        return unsafe LMDBStatistics(
            rowCount: table.ms_entries, depth: Int(table.ms_depth), pagesInUse: info.me_last_pgno + 1,
            pageSizeBytes: Int(table.ms_psize), mapSizeBytes: info.me_mapsize, readerSlots: Int(info.me_numreaders))
    }

    /// Makes the map twice as large. No transaction is alive in this process meanwhile.
    ///
    /// LMDB gives the old map up before it asks for the new one. So it is asked for first whether there is room in the
    /// address space, and if not, the old map stands. After a failure of LMDB's own none does: see `isMapLost`.
    func grow() throws(LMDBFailure) {
        let mappedBytes = statistics().mapSizeBytes
        let (doubled, overflow) = mappedBytes.multipliedReportingOverflow(by: 2)
        if overflow { throw .mapFull }
        try Self.requireAddressSpace(doubled - mappedBytes)
        do throws(LMDBFailure) {
            // Safe: the caller has drained the readers and ended the write transaction.
            try unsafe LMDBFailure.check(mdb_env_set_mapsize(handle, doubled), "grow the map")
        } catch {
            isMapLost = true
            throw error
        }
    }

    /// Throws if this process may not have so much more: a limit (`ulimit -v`) counts addresses, used or not. What the
    /// old map has is not asked for again, for the two never stand side by side.
    static func requireAddressSpace(_ moreBytes: Int) throws(LMDBFailure) {
        // Safe: a mapping of its own that nothing refers to, with neither memory nor a file behind it.
        let probe = unsafe mmap(nil, moreBytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
        guard unsafe probe != MAP_FAILED else { throw LMDBFailure(code: errno, call: "grow the map") }
        // Safe: the mapping made above.
        unsafe munmap(probe, moreBytes)
    }

    /// Keeps `reserveBytes` on disk allocated past the file's end, so that a full disk still has the
    /// pages that a delete needs (LMDB copies what it changes).
    ///
    /// - Returns: false when the disk has no room for them. A file system that cannot reserve is left alone.
    func reserveTail(_ reserveBytes: Int) -> Bool {
        var descriptor: CInt = -1
        var status = stat()
        // Safe: LMDB's own descriptor, valid while the environment is open; both variables outlive the calls.
        guard unsafe mdb_env_get_fd(handle, &descriptor) == MDB_SUCCESS, unsafe fstat(descriptor, &status) == 0 else {
            return true
        }
        let end = Int64(status.st_size) + Int64(reserveBytes)
        // Each commit moves the end a little; asking again only when half is used spares system calls.
        guard reserveBytes > 0, end - reservedToBytes > Int64(reserveBytes / 2) else { return true }
        while strongroom_reserve(descriptor, Int64(status.st_size), Int64(reserveBytes)) != 0 {
            if errno == EINTR { continue }
            return errno != ENOSPC && errno != EDQUOT
        }
        reservedToBytes = end
        return true
    }

    /// What a failed commit means.
    ///
    /// When the disk fills up in the middle of a write, LMDB 0.9 reports the short write as EIO.
    /// The meta page, which decides, comes after the pages and needs no new space, so nothing has changed.
    func commitError(_ failure: LMDBFailure) -> StorageError {
        let full = LMDBFailure(code: ENOSPC, call: failure.call)
        let isFull = failure.code == EIO && !hasRoom
        return (isFull ? full : failure).storageError(path: path)
    }

    private var hasRoom: Bool {
        var status = statvfs()
        var descriptor: CInt = -1
        // Safe: as in `reserveTail`.
        guard unsafe mdb_env_get_fd(handle, &descriptor) == MDB_SUCCESS, unsafe fstatvfs(descriptor, &status) == 0
        else { return true }
        return status.f_bavail * status.f_frsize >= 1 << 20
    }

    /// Every transaction has ended.
    func close() {
        // Safe: called once, by the index, when nothing uses the environment any more.
        unsafe mdb_env_close(handle)
    }
}
