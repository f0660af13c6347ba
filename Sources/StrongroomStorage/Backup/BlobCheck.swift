internal import StrongroomSystem

/// Checks a blob file against what it says of itself: prelude, trailer, and the hash of its payload. Needs no row.
struct BlobCheck {
    private let file: any StorageFile
    private let name: BlobName

    init(_ file: any StorageFile, _ name: BlobName) {
        self.file = file
        self.name = name
    }

    /// Blocks for as long as reading all of it takes.
    ///
    /// - Returns: the file's size.
    func run() throws(StorageError) -> UInt64 {
        let block = UInt64(BlobFormat.blockSizeBytes)
        let sizeBytes = try file.sizeBytes()
        guard sizeBytes >= 2 * block, sizeBytes % block == 0 else { throw damaged("has no blob's size") }
        guard
            case .success(let prelude) = BlobFormat.decodePrelude(
                try file.readBytes(at: 0, count: BlobFormat.blockSizeBytes)),
            prelude.id == name.id, prelude.epoch == name.epoch
        else { throw damaged("has a damaged prelude, or another's") }
        let trailer = try trailer(sizeBytes)
        var hash = try PayloadHash()
        var offset: UInt64 = 0
        while offset < trailer.lengthBytes {
            let count = Int(min(trailer.lengthBytes - offset, UInt64(BlobPiece.sizeBytes)))
            let bytes = try file.readBytes(at: block + offset, count: count)
            guard bytes.count == count else { throw damaged("ends too early") }
            hash.update(bytes, bytes.indices)
            offset += UInt64(count)
        }
        guard hash.finish() == trailer.treeHash else { throw damaged("has other bytes than were written") }
        return sizeBytes
    }

    /// The trailer ends in the last block, before zeros, and may begin in the one before.
    func trailer(_ sizeBytes: UInt64) throws(StorageError) -> BlobFormat.Trailer {
        let block = UInt64(BlobFormat.blockSizeBytes)
        let start = sizeBytes - 2 * block
        let tail = try file.readBytes(at: start, count: 2 * BlobFormat.blockSizeBytes)
        let trailerBytes = BlobFormat.trailerSizeBytes
        guard tail.count == 2 * BlobFormat.blockSizeBytes, let last = tail.lastIndex(where: { $0 != 0 }) else {
            throw damaged("has no trailer")
        }
        // Its own checksum may end in zeros, which look like what follows.
        for end in (last + 1)...min(last + 4, tail.count) where end >= trailerBytes {
            let bytes = Array(tail[(end - trailerBytes)..<end])
            guard let trailer = BlobFormat.decodeTrailer(bytes),
                BlobFormat.fileSizeBytes(payloadLengthBytes: trailer.lengthBytes) == sizeBytes,
                block + trailer.lengthBytes == start + UInt64(end - trailerBytes)
            else { continue }
            return trailer
        }
        throw damaged("has a damaged trailer")
    }

    private func damaged(_ what: String) -> StorageError {
        StorageError(
            .corrupted, "the blob file \(what); restore it from a backup", path: file.path)
    }
}
