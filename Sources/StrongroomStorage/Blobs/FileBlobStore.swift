package import StrongroomSystem

/// Blobs as files, written once. `BlobFormat` has their bytes, `BlobLayout` their names.
package final class FileBlobStore: BlobStore {
    let files: BlobFiles
    let buffers = BlobBufferPool()
    let pool: IOThreadPool
    private let random: any RandomSource
    private let gate: OperationGate
    /// Keeps the store's lock and threads while this is in use.
    private let lifetime: any AnyObject & Sendable

    init(
        files: BlobFiles, random: any RandomSource, pool: IOThreadPool, gate: OperationGate,
        lifetime: any AnyObject & Sendable
    ) {
        self.files = files
        self.random = random
        self.pool = pool
        self.gate = gate
        self.lifetime = lifetime
    }

    /// Runs blocking work, unless the store is closed.
    func run<Value: Sendable>(
        _ work: @escaping @Sendable () throws(StorageError) -> Value
    ) async throws(StorageError) -> Value {
        try gate.enter()
        defer { gate.leave() }
        return try await pool.run(work)
    }

    /// For work on the pool's threads that outlives the call that begins it: the store is not closed
    /// before the operation has ended.
    func beginOperation() throws(StorageError) -> OperationGate.Operation { try gate.begin() }

    /// Payload bytes that take no waiting for the device, else nil.
    func cachedBytes(_ file: any StorageFile, at offset: UInt64, count: Int) throws(StorageError) -> [UInt8]? {
        try gate.enter()
        defer { gate.leave() }
        return file.cachedBytes(at: UInt64(BlobFormat.blockSizeBytes) + offset, count: count)
    }

    package func create(_ prelude: BlobPrelude) async throws(StorageError) -> any BlobWriter {
        try files.poison.check()
        let name = files.registry.enter(id: random.bytes(BlobReference.idSizeBytes))
        let bytes = BlobFormat.encode(BlobFormat.Prelude(content: prelude, id: name.id, epoch: name.epoch))
        do throws(StorageError) {
            let sink = try await run { [files] () throws(StorageError) in
                try BlobFileSink(file: try files.create(name))
            }
            return FileBlobWriter(name: name, prelude: bytes, store: self, sink: sink)
        } catch {
            // There may be a file: creating one can fail after the name exists.
            files.registry.abandon(name)
            throw error
        }
    }

    package func open(
        _ reference: BlobReference, expecting prelude: BlobPrelude
    ) async throws(StorageError) -> any BlobReader {
        let file = try await run { [files] () throws(StorageError) in
            let (file, found) = try files.openChecked(reference)
            guard found == prelude else {
                throw StorageError(
                    .corrupted, "the blob file holds another object's payload; restore it from a backup",
                    path: file.path, offset: 0)
            }
            return file
        }
        return FileBlobReader(reference: reference, file: file, store: self)
    }

    package func delete(_ reference: BlobReference) async throws(StorageError) {
        try await run { [files] () throws(StorageError) in
            try files.poison.check()
            try files.remove(BlobName(reference))
            try files.synchronizeEpochs([reference.epoch])
        }
    }

    func finish(
        _ sink: BlobFileSink, piece: BlobPiece, lengthBytes: UInt64, name: BlobName
    ) async throws(StorageError) -> [UInt8] {
        try await run { [files] () throws(StorageError) in
            try files.poison.check()
            let hash = try sink.finish(piece, payloadLengthBytes: lengthBytes)
            try files.synchronizeEpochs([name.epoch])
            return hash
        }
    }

    func abort(_ name: BlobName, sink: BlobFileSink) async {
        files.registry.abandon(name)
        do throws(StorageError) {
            try await run { [files] () throws(StorageError) in
                sink.close()
                try files.removeAbandoned(name)
            }
        } catch {
            // It stays abandoned, and its epoch unsealed, until a checkpoint has removed it: the next one, or
            // one that runs beside this and has done so already.
            return
        }
    }
}
