#if CommandLineTool
internal import Glibc
internal import SystemPackage

/// Something that is written to as it stands: standard output, a device, a pipe. What was written before a failure has
/// been written.
///
/// Blocking: call it through ``Offload``.
final class OutputStream: Sendable {
    private let descriptor: FileDescriptor
    private let path: FilePath
    private let isOwn: Bool

    /// - Parameter descriptor: stays the caller's.
    init(_ descriptor: FileDescriptor, _ path: FilePath) {
        (self.descriptor, self.path, isOwn) = (descriptor, path, false)
    }

    init(device path: FilePath) throws(CommandFailure) {
        do {
            descriptor = try FileDescriptor.open(path, .writeOnly, options: .closeOnExec)
        } catch {
            throw .system("cannot write to", path, error as? Errno ?? .ioError)
        }
        (self.path, isOwn) = (path, true)
    }

    /// - Returns: nil where nobody reads the pipe yet.
    init?(pipe path: FilePath) throws(CommandFailure) {
        do {
            // Without waiting, for the wait could not be ended.
            descriptor = try FileDescriptor.open(path, .writeOnly, options: [.closeOnExec, .nonBlocking])
        } catch Errno.noSuchAddressOrDevice {
            return nil
        } catch {
            throw .system("cannot write to", path, error as? Errno ?? .ioError)
        }
        (self.path, isOwn) = (path, true)
        // From here on it is waited for whoever reads slowly.
        guard fcntl(descriptor.rawValue, F_SETFL, 0) == 0 else {
            throw .system("cannot write to", path, Errno(rawValue: errno))
        }
    }

    deinit { if isOwn { try? descriptor.close() } }

    func append(_ bytes: ArraySlice<UInt8>) throws(CommandFailure) {
        do {
            _ = try descriptor.writeAll(bytes)
        } catch {
            throw .system("cannot write to", path, error as? Errno ?? .ioError)
        }
    }
}
#endif
