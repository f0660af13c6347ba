internal import CStrongroomShims
internal import Glibc
internal import SystemPackage

/// A second descriptor of a file, whose writes go past the page cache and are durable when they return: one
/// wait for the device where a write and a sync take two.
///
/// Belongs to the file's one writer.
@safe final class PosixDirectWriter {
    /// Larger writes gain nothing and go the other way.
    static let sizeBytesMaximum = 64 << 10
    static let blockSizeBytes = 4_096

    private let descriptor: Int32
    // Safe: allocated and freed by this object, and touched by the file's one writer alone.
    /// Aligned to blocks, as such writes must be.
    private let memory: UnsafeMutableRawBufferPointer

    /// Nil where the system or the file system has no such writes.
    init?(of other: Int32) {
        descriptor = strongroom_reopen_direct(other)
        guard descriptor >= 0 else { return nil }
        unsafe memory = .allocate(byteCount: Self.sizeBytesMaximum, alignment: Self.blockSizeBytes)
    }

    deinit {
        // What matters was reported by the writes.
        _ = Glibc.close(descriptor)
        unsafe memory.deallocate()
    }

    static func takes(_ bytes: RawSpan, at offset: UInt64) -> Bool {
        bytes.byteCount <= sizeBytesMaximum && bytes.byteCount % blockSizeBytes == 0
            && offset % UInt64(blockSizeBytes) == 0
    }

    /// False, with nothing written, where the file system refuses such writes after all.
    func write(_ bytes: RawSpan, at start: off_t) throws(Errno) -> Bool {
        precondition(bytes.byteCount <= Self.sizeBytesMaximum)
        // Safe: the buffer has room for the largest write.
        unsafe bytes.withUnsafeBytes { bytes in unsafe memory.copyMemory(from: bytes) }
        var done = 0
        while done < bytes.byteCount {
            // Safe: the rest of what was just copied lies in the buffer.
            let count = unsafe strongroom_write_through(
                descriptor, memory.baseAddress! + done, bytes.byteCount - done, Int64(start) + Int64(done))
            switch Errno(rawValue: CInt(truncatingIfNeeded: -min(count, 0))) {
            case _ where count > 0 && Int(count) % Self.blockSizeBytes == 0: done += Int(count)
            case .interrupted: continue
            case .invalidArgument, .notSupportedOnSocket:
                guard done == 0 else { throw .ioError }
                return false
            case let error: throw count >= 0 ? .ioError : error
            }
        }
        return true
    }
}
