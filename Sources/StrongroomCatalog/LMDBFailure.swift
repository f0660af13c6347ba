import CLMDB
import Glibc
import StrongroomSystem
import SystemPackage

/// A return code of liblmdb other than success: its own (negative) or an errno (positive).
struct LMDBFailure: Error, Equatable {
    let code: Int32
    /// The call that returned it, for the message.
    let call: StaticString

    static func == (left: LMDBFailure, right: LMDBFailure) -> Bool { left.code == right.code }

    static func check(_ code: Int32, _ call: StaticString) throws(LMDBFailure) {
        if code != MDB_SUCCESS { throw LMDBFailure(code: code, call: call) }
    }

    static let mapFull = LMDBFailure(code: MDB_MAP_FULL, call: "grow the map")
    static let poisoned = LMDBFailure(code: MDB_PANIC, call: "write")

    var isMapFull: Bool { code == MDB_MAP_FULL }

    private static let damaged =
        "the catalog is damaged; close the store and run repair, which rebuilds it"

    func storageError(path: FilePath) -> StorageError {
        switch code {
        case MDB_CORRUPTED, MDB_PAGE_NOTFOUND, MDB_INVALID, MDB_CURSOR_FULL, MDB_PAGE_FULL, MDB_INCOMPATIBLE:
            return StorageError(.corrupted, "\(Self.damaged) (\(detail))", path: path)
        case MDB_VERSION_MISMATCH:
            return StorageError(
                .unsupportedFormat,
                "the catalog was written by another version of LMDB; use a Strongroom built with that version",
                path: path)
        case MDB_MAP_FULL:
            return StorageError(.limitExceeded, "the catalog has outgrown its address range (\(detail))", path: path)
        case MDB_READERS_FULL:
            return StorageError(
                .limitExceeded, "too many concurrent reads of the catalog; let some finish first", path: path)
        case MDB_TXN_FULL:
            return StorageError(
                .limitExceeded, "the batch changes too many pages at once; write it in smaller batches", path: path)
        case MDB_PANIC:
            return StorageError(
                .durabilityUnknown, "an earlier write of the catalog failed; close the store and open it again",
                path: path)
        case _ where code > 0:
            return systemError(path: path)
        default:
            return StorageError(.inputOutput, "the catalog failed: \(detail)", path: path)
        }
    }

    private var detail: String {
        // Safe: mdb_strerror returns a static string, or one that this thread's next call may replace.
        let text = unsafe String(cString: mdb_strerror(code))
        return "\(call): \(text)"
    }

    private func systemError(path: FilePath) -> StorageError {
        switch code {
        case ENOMEM:
            StorageError(
                .limitExceeded,
                "no address space for the catalog; reserve a smaller map or raise the limit (ulimit -v)", path: path,
                systemError: Errno(rawValue: code))
        case EAGAIN, EBUSY:
            StorageError(
                .locked, "another process uses the catalog; close the store there", path: path,
                systemError: Errno(rawValue: code))
        default:
            .system(Errno(rawValue: code), "\(call) of the catalog failed", path: path)
        }
    }
}
