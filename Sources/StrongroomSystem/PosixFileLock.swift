internal import Glibc
internal import Synchronization
internal import SystemPackage

/// An advisory lock (`flock`) with the owner's process id written into the file.
final class PosixFileLock: FileLock {
    /// What tells two names of one file apart from two files.
    private struct Identity: Hashable {
        var device: UInt64
        var inode: UInt64
    }

    /// `flock` alone would do on a local file system; this also holds where it is emulated by
    /// `fcntl` locks, which never conflict within one process.
    private static let heldByThisProcess = Mutex<Set<Identity>>([])

    private let identity: Identity
    private let ownerProcess: pid_t
    /// -1 once released.
    private let descriptorOrReleased: Atomic<Int32>

    init(_ path: FilePath) throws(StorageError) {
        let descriptor: Int32
        do throws(Errno) {
            descriptor = try openDescriptor(
                path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, mode: 0o600)
        } catch {
            throw .system(error, "cannot open the lock file", path: path)
        }
        do throws(StorageError) {
            identity = try Self.acquire(descriptor, path)
        } catch {
            _ = close(descriptor)
            throw error
        }
        ownerProcess = getpid()
        descriptorOrReleased = Atomic(descriptor)
    }

    deinit { release() }

    func release() {
        let descriptor = descriptorOrReleased.exchange(-1, ordering: .relaxed)
        guard descriptor >= 0 else { return }
        if getpid() == ownerProcess {
            _ = Self.heldByThisProcess.withLock { $0.remove(identity) }
            // A forked child shares the open file: closing alone would leave the lock to the child, and
            // a child that unlocked would take the lock away from its parent.
            _ = flock(descriptor, LOCK_UN)
        }
        _ = close(descriptor)
    }

    private static func acquire(_ descriptor: Int32, _ path: FilePath) throws(StorageError) -> Identity {
        let identity: Identity
        do throws(Errno) {
            var status = stat()
            // Safe: `status` outlives the call.
            try retryingInterrupts { unsafe fstat(descriptor, &status) }
            if status.st_mode & S_IFMT != S_IFREG { throw .invalidArgument }
            identity = Identity(device: UInt64(status.st_dev), inode: UInt64(status.st_ino))
        } catch {
            throw .system(error, "the lock is no regular file", path: path)
        }
        guard heldByThisProcess.withLock({ $0.insert(identity).inserted }) else {
            throw StorageError(
                .locked, "this process (\(getpid())) has the store open already; close it first", path: path)
        }
        do throws(StorageError) {
            try lock(descriptor, path)
            try writeOwner(descriptor, path)
        } catch {
            _ = heldByThisProcess.withLock { $0.remove(identity) }
            throw error
        }
        return identity
    }

    private static func lock(_ descriptor: Int32, _ path: FilePath) throws(StorageError) {
        do throws(Errno) {
            try retryingInterrupts { flock(descriptor, LOCK_EX | LOCK_NB) }
        } catch Errno.wouldBlock {
            let owner = readOwner(descriptor).map { "process \($0)" } ?? "another process"
            throw StorageError(.locked, "\(owner) has the store open; end it or wait for it", path: path)
        } catch {
            throw .system(error, "cannot lock the file", path: path)
        }
    }

    private static func readOwner(_ descriptor: Int32) -> String? {
        var digits = [UInt8](repeating: 0, count: 20)
        // Safe: at most the array's count is written, during the call only.
        let count = unsafe pread(descriptor, &digits, digits.count, 0)
        let text = digits.prefix(max(count, 0)).prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        return text.isEmpty ? nil : String(decoding: text, as: UTF8.self)
    }

    private static func writeOwner(_ descriptor: Int32, _ path: FilePath) throws(StorageError) {
        let text = Array("\(getpid())\n".utf8)
        do throws(Errno) {
            try retryingInterrupts { ftruncate(descriptor, 0) }
            // Safe: reads the array's bytes during the call only. Six bytes are never written by halves.
            try retryingInterrupts { unsafe pwrite(descriptor, text, text.count, 0) }
            try retryingInterrupts { fchmod(descriptor, 0o600) }
        } catch Errno.noSpace {
            // The lock is held; only its note is missing. A full disk must not keep anyone from
            // opening the store and deleting.
        } catch {
            throw .system(error, "cannot write the owner into the lock file", path: path)
        }
    }
}
