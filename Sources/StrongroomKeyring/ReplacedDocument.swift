internal import Glibc
internal import StrongroomKeys
internal import SystemPackage

/// A keyring's document that no name leads to any more, held open so that its bytes can be overwritten in place.
///
/// Best effort: a file system that copies on write, and a medium that levels wear, put the new bytes elsewhere.
struct ReplacedDocument: ~Copyable {
    private let descriptor: CInt
    private let path: FilePath

    init(descriptor: CInt, path: FilePath) {
        self.descriptor = descriptor
        self.path = path
    }

    deinit { Glibc.close(descriptor) }

    /// Writes zeros over all of it, and syncs. Only once it is no longer the keyring.
    func overwrite() throws(KeyBackendError) {
        var status = stat()
        // Safe: the structure is ours.
        guard unsafe fstat(descriptor, &status) == 0 else { throw KeyringFolder.failure("inspect", path) }
        guard status.st_nlink == 0 else {
            throw KeyBackendError(
                .unavailable, "The replaced keyring file has another name (a hard link), which still holds its bytes.")
        }
        let zeros = [UInt8](repeating: 0, count: Int(status.st_size))
        // Safe: bytes have no padding to be read.
        try SecretFile.write(unsafe zeros.span.bytes, to: descriptor, path)
    }
}
