internal import Glibc
package import SystemPackage

/// The operating system's files. Descriptors are not inherited by programs that this process starts,
/// no symbolic link is followed at the end of a path, and modes are exact whatever the umask.
package struct PosixFileSystem: FileSystem {
    package init() {}

    package func open(_ path: FilePath, _ mode: FileOpenMode) throws(StorageError) -> any StorageFile {
        // O_NONBLOCK: opening a named pipe that someone put here must fail below and not wait for ever.
        // It means nothing for regular files.
        let common = O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY
        let file: PosixFile
        do throws(Errno) {
            let flags =
                switch mode {
                case .readOnly: O_RDONLY | common
                case .readWrite: O_RDWR | common
                case .create: O_RDWR | O_CREAT | O_EXCL | common
                }
            file = PosixFile(path: path, descriptor: try openDescriptor(path, flags, mode: 0o600))
        } catch {
            throw .system(error, mode == .create ? "cannot create the file" : "cannot open the file", path: path)
        }
        try file.prepare(isNew: mode == .create)
        return file
    }

    package func createDirectory(_ path: FilePath) throws(StorageError) {
        do throws(Errno) {
            // Safe: the C string lives as long as the closure runs.
            try unsafe retryingInterrupts(path) { unsafe mkdir($0, 0o700) }
            // A umask cannot widen 0700, but it can narrow it to a directory that we could not use.
            // Safe: as above, and `status` outlives the call.
            var status = stat()
            try unsafe retryingInterrupts(path) { unsafe lstat($0, &status) }
            if status.st_mode & 0o777 != 0o700 { try unsafe retryingInterrupts(path) { unsafe chmod($0, 0o700) } }
        } catch {
            throw .system(error, "cannot create the directory", path: path)
        }
    }

    package func list(_ directory: FilePath) throws(StorageError) -> [String] {
        do throws(Errno) {
            return try listNames(directory)
        } catch {
            throw .system(error, "cannot list the directory", path: directory)
        }
    }

    package func status(_ path: FilePath) throws(StorageError) -> FileStatus? {
        var status = stat()
        do throws(Errno) {
            // Safe: the C string lives as long as the closure runs, and so does `status`.
            try unsafe retryingInterrupts(path) { unsafe lstat($0, &status) }
        } catch Errno.noSuchFileOrDirectory {
            return nil
        } catch {
            throw .system(error, "cannot tell what stands at the path", path: path)
        }
        let kind: FileStatus.Kind =
            switch status.st_mode & S_IFMT {
            case S_IFREG: .file
            case S_IFDIR: .directory
            case S_IFLNK: .symbolicLink
            default: .other
            }
        return FileStatus(kind: kind, sizeBytes: UInt64(status.st_size))
    }

    package func remove(_ path: FilePath) throws(StorageError) {
        do throws(Errno) {
            // Safe: the C string lives as long as the closure runs.
            try unsafe retryingInterrupts(path) { unsafe unlink($0) }
        } catch {
            throw .system(error, "cannot remove the file", path: path)
        }
    }

    package func removeDirectory(_ path: FilePath) throws(StorageError) {
        do throws(Errno) {
            // Safe: the C string lives as long as the closure runs.
            try unsafe retryingInterrupts(path) { unsafe rmdir($0) }
        } catch {
            throw .system(error, "cannot remove the directory", path: path)
        }
    }

    package func rename(_ source: FilePath, to target: FilePath) throws(StorageError) {
        do throws(Errno) {
            // Safe: both C strings live as long as the closures run.
            try unsafe retryingInterrupts(source) { sourceName in
                unsafe target.withPlatformString { unsafe Glibc.rename(sourceName, $0) }
            }
        } catch {
            throw .system(error, "cannot rename the file to \(target)", path: source)
        }
    }

    package func synchronizeDirectory(_ directory: FilePath) throws(StorageError) {
        do throws(Errno) {
            let descriptor = try openDescriptor(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW)
            defer { _ = close(descriptor) }
            try retryingInterrupts { fsync(descriptor) }
        } catch {
            throw .system(error, "cannot make the directory durable", path: directory)
        }
    }

    package func lockExclusively(_ path: FilePath) throws(StorageError) -> any FileLock {
        try PosixFileLock(path)
    }

    private func listNames(_ directory: FilePath) throws(Errno) -> [String] {
        let descriptor = try openDescriptor(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW)
        guard let stream = unsafe fdopendir(descriptor) else {
            let code = errno
            _ = close(descriptor)
            throw Errno(rawValue: code)
        }
        // The stream owns the descriptor from here on.
        defer { unsafe closedir(stream) }
        var names: [String] = []
        while true {
            errno = 0
            // Safe: no other thread knows this stream, and the entry is copied before the next call.
            guard let entry = unsafe readdir(stream) else {
                if errno != 0 { throw Errno(rawValue: errno) }
                return names
            }
            let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != "." && name != ".." { names.append(name) }
        }
    }
}

/// `open(2)`, continued when interrupted.
func openDescriptor(_ path: FilePath, _ flags: Int32, mode: mode_t = 0) throws(Errno) -> Int32 {
    // Safe: the C string lives as long as the closure runs.
    try unsafe retryingInterrupts(path) { unsafe Glibc.open($0, flags, mode) }
}

extension PosixFile {
    /// Refuses what is no regular file; gives a new one exactly mode 0600 (a umask may have narrowed it).
    fileprivate func prepare(isNew: Bool) throws(StorageError) {
        do throws(Errno) {
            try withDescriptor { (descriptor) throws(Errno) in
                if isNew { try retryingInterrupts { fchmod(descriptor, 0o600) } }
                var status = stat()
                // Safe: `status` outlives the call.
                try retryingInterrupts { unsafe fstat(descriptor, &status) }
                if status.st_mode & S_IFMT != S_IFREG { throw .invalidArgument }
            }
        } catch {
            throw .system(error, "this is no regular file, or its mode cannot be set", path: path)
        }
    }
}
