#if CommandLineTool
internal import Glibc
internal import StrongroomSystem
internal import SystemPackage

/// One directory's entries by `readdir` and `fstatat`, names as the bytes that they are.
struct DirectoryEntry {
    enum Kind {
        case regular, directory, symbolicLink, special
        /// Nobody says what it is.
        case unknown(Errno)
    }

    var nameBytes: [UInt8]
    var kind: Kind
    var sizeBytes: UInt64

    /// Nil where the name is not UTF-8: such a file cannot be named by a key.
    var name: String? { String(validating: nameBytes, as: UTF8.self) }
    var nameForDisplay: String { String(decoding: nameBytes, as: UTF8.self) }
}

enum DirectoryEntries {
    static func read(_ path: FilePath) throws(CommandFailure) -> [DirectoryEntry] {
        let descriptor = try open(path)
        guard let stream = unsafe fdopendir(descriptor) else {
            let failure = Self.failure(path)
            Glibc.close(descriptor)
            throw failure
        }
        // Ours until here, and used by nobody else. It owns the descriptor.
        defer { unsafe closedir(stream) }
        var entries: [DirectoryEntry] = []
        while true {
            errno = 0
            // The entry is valid until the next call on this stream; its name is copied at once.
            guard let entry = unsafe readdir(stream) else {
                if errno != 0 { throw failure(path) }
                return entries
            }
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { name in
                let text = unsafe UnsafeRawPointer(name).assumingMemoryBound(to: CChar.self)
                return unsafe UnsafeBufferPointer(start: text, count: strlen(text)).map { UInt8(bitPattern: $0) }
            }
            if name == [0x2E] || name == [0x2E, 0x2E] { continue }
            if let found = describe(name, in: descriptor) { entries.append(found) }
        }
    }

    /// `opendir` would take a signal that interrupts it for a failure.
    private static func open(_ path: FilePath) throws(CommandFailure) -> Int32 {
        do throws(Errno) {
            // Safe: the C string lives as long as the closure runs.
            return try unsafe retryingInterrupts(path) { unsafe Glibc.open($0, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
        } catch {
            throw failure(path, error)
        }
    }

    private static func describe(_ name: [UInt8], in descriptor: Int32) -> DirectoryEntry? {
        var status = stat()
        // `name` gets its terminator here and outlives the call; `status` is what the call fills in.
        let result = unsafe (name + [0]).withUnsafeBufferPointer { bytes in
            unsafe bytes.withMemoryRebound(to: CChar.self) { text in
                unsafe fstatat(descriptor, text.baseAddress!, &status, AT_SYMLINK_NOFOLLOW)
            }
        }
        if result != 0 {
            // Deleted between the two calls: it is not there any more.
            if errno == ENOENT { return nil }
            return DirectoryEntry(nameBytes: name, kind: .unknown(Errno(rawValue: errno)), sizeBytes: 0)
        }
        let kind: DirectoryEntry.Kind
        switch status.st_mode & S_IFMT {
        case S_IFREG: kind = .regular
        case S_IFDIR: kind = .directory
        case S_IFLNK: kind = .symbolicLink
        default: kind = .special
        }
        return DirectoryEntry(nameBytes: name, kind: kind, sizeBytes: UInt64(status.st_size))
    }

    private static func failure(_ path: FilePath, _ error: Errno = Errno(rawValue: errno)) -> CommandFailure {
        .system("cannot read", path, error)
    }
}

extension CommandFailure {
    static func system(_ what: String, _ path: FilePath, _ error: Errno) -> CommandFailure {
        CommandFailure(.inputOutput, "\(what) \(quoted(path.string)): \(error)")
    }
}
#endif
