internal import StrongroomSystem

extension BlobFiles {
    /// Opens a blob file and compares its size, prelude and trailer with the reference.
    func openChecked(_ reference: BlobReference) throws(StorageError) -> (any StorageFile, BlobPrelude) {
        let path = layout.file(BlobName(reference))
        let file: any StorageFile
        do throws(StorageError) {
            file = try fileSystem.open(path, .readOnly)
        } catch  where error.code == .notFound {
            throw StorageError(
                .corrupted, "a blob file that a row names is missing; restore it from a backup", path: path)
        }
        let sizeBytes = try file.sizeBytes()
        guard let expectedBytes = BlobFormat.fileSizeBytes(payloadLengthBytes: reference.lengthBytes) else {
            throw StorageError(
                .corrupted, "a row says that the blob has \(reference.lengthBytes) bytes, which none has", path: path)
        }
        guard sizeBytes == expectedBytes else {
            throw StorageError(
                .corrupted, "the blob file has \(sizeBytes) bytes where \(expectedBytes) were written", path: path)
        }
        let prelude = try checkedPrelude(file, reference)
        _ = try checkedTrailer(file, reference)
        return (file, prelude)
    }

    private func checkedPrelude(
        _ file: any StorageFile, _ reference: BlobReference
    ) throws(StorageError) -> BlobPrelude {
        switch BlobFormat.decodePrelude(try file.readBytes(at: 0, count: BlobFormat.blockSizeBytes)) {
        case .success(let prelude):
            guard prelude.id == reference.id, prelude.epoch == reference.epoch else {
                throw StorageError(.corrupted, "the blob file stands under another's name", path: file.path, offset: 0)
            }
            return prelude.content
        case .failure(.damaged):
            throw StorageError(.corrupted, "the blob file's prelude is damaged", path: file.path, offset: 0)
        case .failure(.unknownFormat(let format)):
            throw StorageError(
                .unsupportedFormat, "the blob file has format \(format); open it with a newer version", path: file.path)
        }
    }

    func checkedTrailer(
        _ file: any StorageFile, _ reference: BlobReference
    ) throws(StorageError) -> BlobFormat.Trailer {
        let offset = UInt64(BlobFormat.blockSizeBytes) + reference.lengthBytes
        let bytes = try file.readBytes(at: offset, count: BlobFormat.trailerSizeBytes)
        guard let trailer = BlobFormat.decodeTrailer(bytes), trailer.lengthBytes == reference.lengthBytes else {
            throw StorageError(.corrupted, "the blob file's trailer is damaged", path: file.path, offset: offset)
        }
        return trailer
    }
}
