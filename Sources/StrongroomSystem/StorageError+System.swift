internal import Glibc
package import SystemPackage

extension StorageError {
    /// The error for a system call that failed with `error`.
    ///
    /// - Parameter operation: what was tried, as in "cannot open the file".
    package static func system(
        _ error: Errno, _ operation: String, path: FilePath?, offset: UInt64? = nil
    ) -> StorageError {
        let (code, remedy) = classify(error)
        let message = remedy.map { "\(operation): \($0)" } ?? operation
        return StorageError(code, message, path: path, offset: offset, systemError: error)
    }

    private static func classify(_ error: Errno) -> (Code, String?) {
        switch error.rawValue {
        case ENOENT:
            (.notFound, "nothing stands at this path")
        case EEXIST:
            (.alreadyExists, "something stands at this path already")
        case ENOTEMPTY:
            (.alreadyExists, "the directory is not empty")
        case EACCES, EPERM:
            (.permissionDenied, "give this user access to it")
        case EROFS:
            (.permissionDenied, "the file system is mounted read-only")
        case ELOOP:
            (.permissionDenied, "a symbolic link stands here and is not followed")
        case ENOSPC:
            (.diskFull, "the disk is full; free space or delete objects")
        case EDQUOT:
            (.diskFull, "the disk quota is used up; free space or raise the quota")
        case EMFILE:
            (.descriptorLimit, "this process has too many open files; raise its limit (ulimit -n)")
        case ENFILE:
            (.descriptorLimit, "the system has too many open files; raise fs.file-max")
        case EIO:
            (.inputOutput, "the device reported an error; check the disk and the system log")
        case EFBIG:
            (.limitExceeded, "the file would grow past what the file system or ulimit -f allows")
        case ENOTDIR:
            (.invalidArgument, "a file stands where a directory is meant; correct the path")
        case EISDIR:
            (.invalidArgument, "a directory stands where a file is meant; correct the path")
        case ENAMETOOLONG:
            (.invalidArgument, "the name is longer than the file system takes")
        case EINVAL:
            (.invalidArgument, nil)
        default:
            // An error that no rule above knows is treated as the worst of its kind: nothing is assumed.
            (.inputOutput, nil)
        }
    }
}

/// Runs `call` again as long as a signal interrupts it, and throws its `errno` when it returns -1.
@inline(__always)
@discardableResult
package func retryingInterrupts<Value: FixedWidthInteger & SignedInteger>(
    _ call: () -> Value
) throws(Errno) -> Value {
    while true {
        let value = call()
        if value != -1 { return value }
        let code = errno
        if code != EINTR { throw Errno(rawValue: code) }
    }
}

/// Runs a system call that takes the path's name, again as long as a signal interrupts it.
@discardableResult
package func retryingInterrupts(
    _ path: FilePath, _ call: (UnsafePointer<CInterop.PlatformChar>) -> Int32
) throws(Errno) -> Int32 {
    // Safe: the C string outlives the call.
    let result = unsafe path.withPlatformString { name in
        Result { () throws(Errno) in try retryingInterrupts { unsafe call(name) } }
    }
    return try result.get()
}
