internal import StrongroomSystem

/// An open blob. It holds a descriptor, so the file's bytes stay although its name may go.
final class FileBlobReader: BlobReader {
    let reference: BlobReference
    private let file: any StorageFile
    private let store: FileBlobStore
    /// Copying more than this is long for a thread of Swift's pool, and the hop is then a small part.
    private static let inlineReadMaximumBytes = 128 << 10

    init(reference: BlobReference, file: any StorageFile, store: FileBlobStore) {
        self.reference = reference
        self.file = file
        self.store = store
    }

    func read(at offset: UInt64, count: Int) async throws(StorageError) -> [UInt8] {
        guard count >= 0, UInt64(count) <= reference.lengthBytes, offset <= reference.lengthBytes - UInt64(count)
        else {
            throw StorageError(
                .invalidArgument,
                "the range \(offset)+\(count) lies outside the payload's \(reference.lengthBytes) bytes",
                path: file.path)
        }
        if count <= Self.inlineReadMaximumBytes, let cached = try store.cachedBytes(file, at: offset, count: count) {
            return cached
        }
        return try await store.run { [file] () throws(StorageError) in
            let bytes = try file.readBytes(at: UInt64(BlobFormat.blockSizeBytes) + offset, count: count)
            guard bytes.count == count else {
                throw StorageError(
                    .corrupted, "the blob file was cut short while it was open", path: file.path, offset: offset)
            }
            return bytes
        }
    }
}
