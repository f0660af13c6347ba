package import StrongroomSystem
package import SystemPackage

/// What is read of blob files, held against what is written to them: for fuzzers, which hand in any bytes.
package enum BlobProbe {
    /// False where `bytes`, with a checksum that holds, are taken for a prelude that would be written in other bytes.
    package static func isCanonical(prelude bytes: [UInt8]) -> Bool {
        var bytes = bytes
        bytes.appendLittleEndian(bytes.checksum)
        guard case .success(let prelude) = BlobFormat.decodePrelude(bytes) else { return true }
        return BlobFormat.encode(prelude) == bytes
    }

    /// False where `bytes`, with a checksum that holds, are taken for a trailer that would be written in other bytes.
    package static func isCanonical(trailer bytes: [UInt8]) -> Bool {
        var bytes = bytes
        bytes.appendLittleEndian(bytes.checksum)
        return BlobFormat.decodeTrailer(bytes).map { BlobFormat.encode($0) == bytes } ?? true
    }

    /// False where a name in `blobs/`, or in a folder there, is taken for one of ours that would be written otherwise.
    package static func isCanonical(name: String) -> Bool {
        let layout = BlobLayout(directory: "/")
        if let epoch = BlobLayout.epoch(directoryName: name), !isLast(name, of: layout.epochDirectory(epoch)) {
            return false
        }
        guard let id = BlobLayout.id(fileName: name) else { return true }
        return isLast(name, of: layout.file(BlobName(epoch: 0, id: id)))
    }

    /// By its bytes, not by what Unicode takes for the same.
    private static func isLast(_ name: String, of path: FilePath) -> Bool {
        path.lastComponent.map { $0.string.utf8.elementsEqual(name.utf8) } ?? false
    }

    /// Where the file of a blob stands.
    package static func path(of reference: BlobReference, in directory: FilePath) -> FilePath {
        BlobLayout(directory: directory).file(BlobName(reference))
    }

    /// Writes a blob's file as the store writes it, from a payload of less than a piece.
    package static func write(
        _ payload: [UInt8], _ prelude: BlobPrelude, as reference: BlobReference, to file: any StorageFile
    ) throws(StorageError) {
        let piece = BlobPiece()
        piece.append(
            BlobFormat.encode(BlobFormat.Prelude(content: prelude, id: reference.id, epoch: reference.epoch))[...])
        piece.payloadStart = piece.count
        piece.append(payload[...])
        _ = try BlobFileSink(file: file).finish(piece, payloadLengthBytes: UInt64(payload.count))
    }

    /// Opens a blob as every read does; what its prelude says, and its payload.
    package static func read(
        _ reference: BlobReference, in directory: FilePath, _ fileSystem: any FileSystem
    ) throws(StorageError) -> (prelude: BlobPrelude, payload: [UInt8]) {
        let files = BlobFiles(
            directory: directory, fileSystem: fileSystem, poison: StorePoison(), firstEpoch: reference.epoch,
            foundEpochs: [])
        let (file, prelude) = try files.openChecked(reference)
        let payload = try file.readBytes(
            at: UInt64(BlobFormat.blockSizeBytes), count: Int(clamping: reference.lengthBytes))
        return (prelude, payload)
    }

    /// Checks a file as that of a backup is checked, by what it says of itself.
    ///
    /// - Returns: how many bytes its payload has.
    package static func check(
        _ file: any StorageFile, as reference: BlobReference
    ) throws(StorageError) -> UInt64 {
        let check = BlobCheck(file, BlobName(reference))
        return try check.trailer(try check.run()).lengthBytes
    }
}
