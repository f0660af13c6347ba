internal import CStrongroomShims
package import SystemPackage

extension PosixFileSystem {
    /// Refuses directories on network file systems: LMDB's shared map and our advisory lock do not
    /// hold between machines, and a "synced" write may still sit in a server's memory.
    package func requireLocalFileSystem(_ directory: FilePath) throws(StorageError) {
        var magic: UInt32 = 0
        do throws(Errno) {
            // Safe: the C string and `magic` outlive the call.
            try unsafe retryingInterrupts(directory) { unsafe strongroom_file_system_magic($0, &magic) }
        } catch {
            throw .system(error, "cannot tell what file system this is", path: directory)
        }
        if let name = Self.networkFileSystemName(magic: magic) {
            throw StorageError(
                .invalidArgument, "the store cannot lie on \(name); put it on a local disk", path: directory)
        }
    }

    /// `f_type` values of statfs(2) for file systems that another machine may change.
    static func networkFileSystemName(magic: UInt32) -> String? {
        switch magic {
        case 0x6969: "NFS"
        case 0x517B, 0xFF53_4D42, 0xFE53_4D42: "SMB"
        case 0x5346_414F, 0x6B41_4653: "AFS"
        case 0x7375_7245: "Coda"
        case 0x0102_1997: "9p"
        default: nil
        }
    }
}
