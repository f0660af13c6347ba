internal import Glibc
package import StrongroomKeys
internal import StrongroomSystem
internal import SystemPackage

/// A file of a keyring that no name is to lead to any more, held open so that its bytes can be overwritten in place.
///
/// Best effort: a file system that copies on write, and a medium that levels wear, put the new bytes elsewhere.
struct ReplacedFile: ~Copyable {
    /// Nil where there is no such file.
    private let opened: Result<FileDescriptor?, KeyBackendError>
    private let path: FilePath

    /// Opens the file while it still has its name.
    init(_ name: String, in folder: CInt, _ folderPath: FilePath) {
        path = folderPath.appending(name)
        do throws(Errno) {
            // Safe: the name is copied for the length of the call.
            let descriptor = try retryingInterrupts { unsafe openat(folder, name, O_WRONLY | O_NOFOLLOW | O_CLOEXEC) }
            opened = .success(FileDescriptor(rawValue: descriptor))
        } catch Errno.noSuchFileOrDirectory {
            opened = .success(nil)
        } catch {
            opened = .failure(KeyringFolder.failure("open", path, error))
        }
    }

    deinit {
        if case .success(let descriptor?) = opened { Glibc.close(descriptor.rawValue) }
    }

    /// Writes zeros over all of it, and syncs; returns why that could not be. Only once it is no longer the keyring's.
    func overwrite() -> KeyBackendError? {
        do throws(KeyBackendError) {
            if let descriptor = try opened.get() { try overwrite(descriptor.rawValue) }
            return nil
        } catch {
            return error
        }
    }

    private func overwrite(_ descriptor: CInt) throws(KeyBackendError) {
        var status = stat()
        // Safe: the structure is ours.
        guard unsafe fstat(descriptor, &status) == 0 else { throw KeyringFolder.failure("inspect", path) }
        guard status.st_nlink == 0 else {
            throw KeyBackendError(
                .unavailable, "The replaced file \(path) has another name (a hard link), which still holds its bytes.")
        }
        let zeros = [UInt8](repeating: 0, count: Int(status.st_size))
        // Safe: bytes have no padding to be read.
        try SecretFile.write(unsafe zeros.span.bytes, to: descriptor, path)
    }
}

extension KeyBackendError {
    /// Of why a replaced file could not be overwritten, for the log.
    package var remnantMessage: String {
        "What the keyring held before the change may still be read from the disk, keys that are destroyed since among "
            + "them: \(message)"
    }
}
