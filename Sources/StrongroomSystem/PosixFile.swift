internal import CStrongroomShims
internal import Glibc
internal import Synchronization
internal import SystemPackage

/// A regular file behind a descriptor of its own. Reads and writes name their offset, so that
/// threads share no position.
final class PosixFile: StorageFile {
    let path: FilePath

    /// -1 once closed.
    private let descriptorOrClosed: Atomic<Int32>

    /// The way past the page cache. Made with the first write that takes it.
    private enum DirectWay {
        case untried
        case open(PosixDirectWriter)
        /// It could not be made, was refused by the file system, or the file is closed.
        case none
    }

    private let directWay = Mutex(DirectWay.untried)

    /// How many pieces one gathered write takes; the system allows 1024 (IOV_MAX), a stack frame each.
    private static let gatheredPiecesMaximum = 64

    /// Takes ownership of `descriptor`.
    init(path: FilePath, descriptor: Int32) {
        self.path = path
        self.descriptorOrClosed = Atomic(descriptor)
    }

    deinit { close() }

    private var descriptor: Int32 {
        let descriptor = descriptorOrClosed.load(ordering: .relaxed)
        precondition(descriptor >= 0, "a closed file was used")
        return descriptor
    }

    /// Hands out the descriptor for system calls that are no part of `StorageFile`.
    func withDescriptor<Value, Failure: Error>(_ body: (Int32) throws(Failure) -> Value) throws(Failure) -> Value {
        try body(descriptor)
    }

    func read(into buffer: inout MutableRawSpan, at offset: UInt64) throws(StorageError) -> Int {
        let descriptor = descriptor
        let start = try systemOffset(offset, count: buffer.byteCount)
        let result: Result<Int, Errno> = unsafe buffer.withUnsafeMutableBytes { bytes in
            var done = 0
            while done < bytes.count {
                do throws(Errno) {
                    // Safe: the pointer and count stay inside the span, which outlives the call.
                    let count = try retryingInterrupts {
                        unsafe pread(descriptor, bytes.baseAddress! + done, bytes.count - done, start + off_t(done))
                    }
                    if count == 0 { break }
                    done += count
                } catch {
                    return .failure(error)
                }
            }
            return .success(done)
        }
        return try check(result, "cannot read", at: offset)
    }

    func readIfCached(into buffer: inout MutableRawSpan, at offset: UInt64) -> Bool {
        let descriptor = descriptor
        guard let start = Int64(exactly: offset) else { return false }
        return unsafe buffer.withUnsafeMutableBytes { bytes in
            // Safe: the pointer and count are those of the span, which outlives the call. Whatever keeps
            // it from being filled (not cached, an old kernel, the file's end) is met again by `read`.
            unsafe strongroom_read_cached(descriptor, bytes.baseAddress, bytes.count, start) == Int64(bytes.count)
        }
    }

    func bypassPageCache() -> Bool { strongroom_set_direct(descriptor) == 0 }

    func write(_ bytes: RawSpan, at offset: UInt64) throws(StorageError) {
        let descriptor = descriptor
        let start = try systemOffset(offset, count: bytes.byteCount)
        let result: Result<Void, Errno> = unsafe bytes.withUnsafeBytes { bytes in
            var done = 0
            while done < bytes.count {
                do throws(Errno) {
                    // Safe: the pointer and count stay inside the span, which outlives the call.
                    done += try retryingInterrupts {
                        unsafe pwrite(descriptor, bytes.baseAddress! + done, bytes.count - done, start + off_t(done))
                    }
                } catch {
                    return .failure(error)
                }
            }
            return .success(())
        }
        try check(result, "cannot write", at: offset)
    }

    func writeThrough(_ bytes: RawSpan, at offset: UInt64) throws(StorageError) {
        guard PosixDirectWriter.takes(bytes, at: offset), try writeDirectly(bytes, at: offset) else {
            try write(bytes, at: offset)
            return try synchronizeData()
        }
    }

    /// False, with nothing written, where that cannot be.
    private func writeDirectly(_ bytes: RawSpan, at offset: UInt64) throws(StorageError) -> Bool {
        let start = try systemOffset(offset, count: bytes.byteCount)
        let result: Result<Bool, Errno> = directWay.withLock { way in
            if case .untried = way { way = PosixDirectWriter(of: descriptor).map { .open($0) } ?? .none }
            guard case .open(let writer) = way else { return .success(false) }
            do throws(Errno) {
                if try writer.write(bytes, at: start) { return .success(true) }
                way = .none
                return .success(false)
            } catch {
                return .failure(error)
            }
        }
        return try check(result, "cannot write", at: offset)
    }

    func write(gathering pieces: [[UInt8]], at offset: UInt64) throws(StorageError) {
        let totalBytes = pieces.reduce(0) { $0 + $1.count }
        let descriptor = descriptor
        var position = try systemOffset(offset, count: totalBytes)
        var next = 0
        while next < pieces.count {
            let end = min(next + Self.gatheredPiecesMaximum, pieces.count)
            let batch = pieces[next..<end].filter { !$0.isEmpty }
            var vectors: [iovec] = unsafe []
            unsafe vectors.reserveCapacity(batch.count)
            // Safe: `gather` keeps the pieces in place while its closure runs.
            let result = unsafe gather(batch[...], into: &vectors) { vectors in
                unsafe writeAll(&vectors, to: descriptor, at: position)
            }
            try check(result, "cannot write", at: UInt64(position))
            position += off_t(batch.reduce(0) { $0 + $1.count })
            next = end
        }
    }

    func allocate(sizeBytes: UInt64) throws(StorageError) {
        let descriptor = descriptor
        let size = try systemOffset(sizeBytes, count: 0)
        let before = try self.sizeBytes()
        do throws(Errno) {
            do throws(Errno) {
                try retryingInterrupts { strongroom_allocate(descriptor, Int64(size)) }
            } catch Errno.notSupportedOnSocket {
                // EOPNOTSUPP: a file system without fallocate. The C library then writes to each block.
                var code: Int32
                repeat { code = posix_fallocate(descriptor, 0, size) } while code == EINTR
                if code != 0 { throw Errno(rawValue: code) }
            }
        } catch {
            // A failed fallocate may have reserved and extended a part: "changing nothing" undoes it.
            _ = try? retryingInterrupts { ftruncate(descriptor, off_t(before)) }
            throw .system(error, "cannot reserve \(sizeBytes) bytes", path: path)
        }
    }

    func truncate(toBytes sizeBytes: UInt64) throws(StorageError) {
        let descriptor = descriptor
        let size = try systemOffset(sizeBytes, count: 0)
        do throws(Errno) {
            try retryingInterrupts { ftruncate(descriptor, size) }
        } catch {
            throw .system(error, "cannot cut the file to \(sizeBytes) bytes", path: path)
        }
    }

    func sizeBytes() throws(StorageError) -> UInt64 {
        let descriptor = descriptor
        var status = stat()
        do throws(Errno) {
            // Safe: `status` outlives the call.
            try retryingInterrupts { unsafe fstat(descriptor, &status) }
        } catch {
            throw .system(error, "cannot tell the file's size", path: path)
        }
        return UInt64(status.st_size)
    }

    func synchronizeData() throws(StorageError) {
        let descriptor = descriptor
        do throws(Errno) {
            try retryingInterrupts { fdatasync(descriptor) }
        } catch {
            throw .system(error, "cannot make the file durable", path: path)
        }
    }

    func evictCachedPages() throws(StorageError) {
        // Drops clean pages at once (dirty and mapped ones stay: hence the sync before).
        let code = posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED)
        guard code == 0 else {
            throw .system(Errno(rawValue: code), "cannot evict the file from the page cache", path: path)
        }
    }

    func close() {
        directWay.withLock { $0 = .none }
        let descriptor = descriptorOrClosed.exchange(-1, ordering: .relaxed)
        // Linux releases the descriptor whatever close returns; a second try could close another's file.
        // Errors that matter were reported by synchronizeData.
        if descriptor >= 0 { _ = Glibc.close(descriptor) }
    }

    // MARK: Offsets and errors

    private func systemOffset(_ offset: UInt64, count: Int) throws(StorageError) -> off_t {
        guard let start = off_t(exactly: offset), !start.addingReportingOverflow(off_t(count)).overflow else {
            throw StorageError(.invalidArgument, "the offset lies past the largest file", path: path, offset: offset)
        }
        return start
    }

    @discardableResult
    private func check<Value>(
        _ result: Result<Value, Errno>, _ operation: String, at offset: UInt64
    ) throws(StorageError) -> Value {
        do throws(Errno) {
            return try result.get()
        } catch {
            throw .system(error, operation, path: path, offset: offset)
        }
    }
}

/// Calls `body` with an `iovec` for each of `pieces`; each level of the recursion keeps one piece's bytes in place.
private func gather(
    _ pieces: ArraySlice<[UInt8]>, into vectors: inout [iovec],
    _ body: (inout [iovec]) -> Result<Void, Errno>
) -> Result<Void, Errno> {
    guard let piece = pieces.first else { return unsafe body(&vectors) }
    return unsafe piece.withUnsafeBytes { bytes in
        // Safe: pwritev only reads through this pointer, and only inside this closure.
        unsafe vectors.append(
            iovec(iov_base: UnsafeMutableRawPointer(mutating: bytes.baseAddress), iov_len: bytes.count))
        return unsafe gather(pieces.dropFirst(), into: &vectors, body)
    }
}

private func writeAll(_ vectors: inout [iovec], to descriptor: Int32, at start: off_t) -> Result<Void, Errno> {
    var first = 0
    var position = start
    while unsafe first < vectors.count {
        do throws(Errno) {
            let remaining = unsafe vectors[first...]
            var written = try unsafe remaining.withUnsafeBufferPointer { (buffer) throws(Errno) in
                // Safe: the buffer and what it points to outlive the call.
                try retryingInterrupts {
                    unsafe pwritev(descriptor, buffer.baseAddress, Int32(buffer.count), position)
                }
            }
            position += off_t(written)
            while unsafe first < vectors.count && written >= vectors[first].iov_len {
                unsafe written -= vectors[first].iov_len
                first += 1
            }
            if written > 0 {
                // Safe: moves inside the piece, by less than its length.
                unsafe vectors[first].iov_base += written
                unsafe vectors[first].iov_len -= written
            }
        } catch {
            return .failure(error)
        }
    }
    return .success(())
}
