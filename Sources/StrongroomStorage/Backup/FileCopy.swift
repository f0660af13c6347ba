internal import StrongroomCrypto
internal import StrongroomSystem
internal import SystemPackage

/// Copies files under another name first, so that one with its final name is whole.
struct FileCopy {
    let fileSystem: any FileSystem

    private static let pieceBytes = 1 << 20
    /// Synced this often, a copy does not pile up in front of others' syncs.
    private static let syncBytes: UInt64 = 8 << 20

    /// Copies the first `count` bytes of `source` to `target`, whatever stands there; durable but for the folder's
    /// entry. Returns their SHA-256.
    ///
    /// - Parameters:
    ///   - keptBytes: how many of them are written; all of them where it is nil.
    ///   - extendedBytes: the size that the copy gets; zeros follow what was written.
    @discardableResult
    func copy(
        _ source: any StorageFile, count: UInt64, to target: FilePath, keptBytes: UInt64? = nil,
        extendedBytes: UInt64? = nil
    ) throws(StorageError) -> [UInt8] {
        let kept = min(count, keptBytes ?? count)
        let partial = FilePath(target.string + ".partial")
        if try fileSystem.status(partial) != nil { try fileSystem.remove(partial) }
        let file = try fileSystem.open(partial, .create)
        do throws(StorageError) {
            let hash = try Self.pieces(of: source, count: count) { (bytes, offset) throws(StorageError) in
                let own = bytes.prefix(Int(min(kept - min(offset, kept), UInt64(bytes.count))))
                if !own.isEmpty { try file.write(Array(own), at: offset) }
                if (offset + UInt64(bytes.count)) % Self.syncBytes == 0 { try file.synchronizeData() }
            }
            if let extendedBytes, extendedBytes > kept { try file.truncate(toBytes: extendedBytes) }
            try file.synchronizeData()
            file.close()
            try fileSystem.rename(partial, to: target)
            return hash
        } catch {
            // What is left of it is removed by the next attempt.
            try? fileSystem.remove(partial)
            throw error
        }
    }

    static func hash(_ file: any StorageFile, count: UInt64) throws(StorageError) -> [UInt8] {
        try pieces(of: file, count: count) { (_, _) throws(StorageError) in }
    }

    private static func pieces(
        of source: any StorageFile, count: UInt64, _ visit: ([UInt8], UInt64) throws(StorageError) -> Void
    ) throws(StorageError) -> [UInt8] {
        var hash = try Digest.forImage()
        var offset: UInt64 = 0
        while offset < count {
            let wanted = Int(min(count - offset, UInt64(pieceBytes)))
            let bytes = try source.readBytes(at: offset, count: wanted)
            guard bytes.count == wanted else {
                throw StorageError(
                    .corrupted, "the file ends before byte \(count)", path: source.path,
                    offset: offset + UInt64(bytes.count))
            }
            hash.update(bytes)
            try visit(bytes, offset)
            offset += UInt64(wanted)
        }
        return hash.finish()
    }
}
