internal import StrongroomSystem
internal import Synchronization

/// Writes one blob: pieces of 1 MiB on a thread for input and output, hashed there, while the caller
/// fills the next. At most two pieces are in memory.
final class FileBlobWriter: BlobWriter {
    private enum Phase {
        case writing
        case finished
        case over
    }

    private struct State {
        var phase = Phase.writing
        /// Nil once given back.
        var piece: BlobPiece?
        var payloadLengthBytes: UInt64 = 0
        /// The piece before, which is being written and comes back.
        var pending: Task<Result<BlobPiece, StorageError>, Never>?
    }

    let name: BlobName
    private let store: FileBlobStore
    private let sink: BlobFileSink
    private let state: Mutex<State>

    init(name: BlobName, prelude: [UInt8], store: FileBlobStore, sink: BlobFileSink) {
        self.name = name
        self.store = store
        self.sink = sink
        let piece = store.buffers.take()
        piece.append(prelude[...])
        piece.payloadStart = prelude.count
        state = Mutex(State(piece: piece))
    }

    deinit {
        // A writer that was dropped in between: its file is removed at the next checkpoint. Not that of a
        // finished one, which a commit may name: it stays in flight, and the sweep at the next open decides.
        if state.withLock({ $0.phase == .writing }) { store.files.registry.abandon(name) }
    }

    func append(_ bytes: [UInt8]) async throws(StorageError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let isFull = state.withLock { state in
                guard state.phase == .writing, let piece = state.piece else {
                    preconditionFailure("a blob that is finished takes no more bytes")
                }
                let count = min(rest.count, BlobPiece.sizeBytes - piece.count)
                piece.append(rest.prefix(count))
                state.payloadLengthBytes += UInt64(count)
                rest = rest.dropFirst(count)
                return piece.count == BlobPiece.sizeBytes
            }
            if isFull { try await flush() }
        }
    }

    /// Hands the full piece over, after the one before it is written.
    private func flush() async throws(StorageError) {
        // Entered before the work is handed over, which goes on behind the caller's back: closing the
        // store waits for it, and whoever comes after that is told here, with the piece still in place.
        let operation = try store.beginOperation()
        let next: BlobPiece
        do throws(StorageError) {
            next = try await settledPiece() ?? store.buffers.take()
        } catch {
            operation.end()
            throw error
        }
        state.withLock { state in
            guard let piece = state.piece else { preconditionFailure("a blob that is over has no piece") }
            state.piece = next
            state.pending = Task { [store, sink] in
                defer { operation.end() }
                // Hashing takes as long as writing: on two threads, or a lone large blob waits for both.
                async let hashed: Void = store.pool.run { sink.hash(piece) }
                let written = await store.pool.run { () -> Result<Void, StorageError> in
                    Result { () throws(StorageError) in try sink.write(piece) }
                }
                await hashed
                piece.empty()
                return written.map { piece }
            }
        }
    }

    /// Waits for the piece that is being written; returns it, if there was one.
    private func settledPiece() async throws(StorageError) -> BlobPiece? {
        let pending = state.withLock { state in
            defer { state.pending = nil }
            return state.pending
        }
        return try await pending?.value.get()
    }

    func finish() async throws(StorageError) -> FinishedBlob {
        if let piece = try await settledPiece() { store.buffers.give(back: piece) }
        let (piece, lengthBytes) = state.withLock { state in
            guard state.phase == .writing, let piece = state.piece else {
                preconditionFailure("a blob is finished once")
            }
            state.phase = .finished
            return (piece, state.payloadLengthBytes)
        }
        let hash = try await store.finish(sink, piece: piece, lengthBytes: lengthBytes, name: name)
        givePieceBack()
        let reference = BlobReference(epoch: name.epoch, id: name.id, lengthBytes: lengthBytes)
        return FinishedBlob(reference: reference, treeHash: hash)
    }

    private func givePieceBack() {
        let piece = state.withLock { state in
            defer { state.piece = nil }
            return state.piece
        }
        if let piece { store.buffers.give(back: piece) }
    }

    func abort() async {
        let pending = state.withLock { state in
            defer { state.pending = nil }
            return state.pending
        }
        // Its outcome does not matter: the file goes.
        _ = await pending?.value
        let isFirst = state.withLock { state in
            defer { state.phase = .over }
            return state.phase != .over
        }
        guard isFirst else { return }
        givePieceBack()
        await store.abort(name, sink: sink)
    }

    func leave() {
        state.withLock { state in
            precondition(state.phase == .finished, "only a finished blob can have been committed")
            state.phase = .over
        }
        store.files.registry.leave(name)
    }
}
