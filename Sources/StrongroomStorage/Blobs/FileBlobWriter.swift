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
        var buffer: [UInt8]
        /// Where the payload starts in `buffer`: behind the prelude in the first piece, else 0.
        var payloadStart: Int
        var payloadLengthBytes: UInt64 = 0
        /// The piece that is being written; its buffer comes back.
        var pending: Task<Result<[UInt8], StorageError>, Never>?
    }

    let name: BlobName
    private let store: FileBlobStore
    private let sink: BlobFileSink
    private let state: Mutex<State>

    init(name: BlobName, prelude: [UInt8], store: FileBlobStore, sink: BlobFileSink) {
        self.name = name
        self.store = store
        self.sink = sink
        var buffer = store.buffers.take()
        buffer.append(contentsOf: prelude)
        state = Mutex(State(buffer: buffer, payloadStart: prelude.count))
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
                precondition(state.phase == .writing, "a blob that is finished takes no more bytes")
                let count = min(rest.count, BlobBufferPool.pieceSizeBytes - state.buffer.count)
                state.buffer.append(contentsOf: rest.prefix(count))
                state.payloadLengthBytes += UInt64(count)
                rest = rest.dropFirst(count)
                return state.buffer.count == BlobBufferPool.pieceSizeBytes
            }
            if isFull { try await flush() }
        }
    }

    /// Hands the full buffer over, after the piece before it is written.
    private func flush() async throws(StorageError) {
        let next = try await settledBuffer() ?? store.buffers.take()
        state.withLock { state in
            let piece = state.buffer
            let payload = state.payloadStart..<piece.count
            state.buffer = next
            state.payloadStart = 0
            state.pending = Task { [store, sink] in
                await store.pool.run { () -> Result<[UInt8], StorageError> in
                    do throws(StorageError) {
                        try sink.write(piece, payload: payload)
                        var empty = piece
                        empty.removeAll(keepingCapacity: true)
                        return .success(empty)
                    } catch {
                        return .failure(error)
                    }
                }
            }
        }
    }

    /// Waits for the piece that is being written; its buffer, if there was one.
    private func settledBuffer() async throws(StorageError) -> [UInt8]? {
        let pending = state.withLock { state in
            defer { state.pending = nil }
            return state.pending
        }
        return try await pending?.value.get()
    }

    func finish() async throws(StorageError) -> FinishedBlob {
        if let buffer = try await settledBuffer() { store.buffers.give(back: buffer) }
        let (piece, payload, lengthBytes) = state.withLock { state in
            precondition(state.phase == .writing, "a blob is finished once")
            state.phase = .finished
            return (state.buffer, state.payloadStart..<state.buffer.count, state.payloadLengthBytes)
        }
        let hash = try await store.finish(sink, piece: piece, payload: payload, lengthBytes: lengthBytes, name: name)
        giveBufferBack()
        let reference = BlobReference(epoch: name.epoch, id: name.id, lengthBytes: lengthBytes)
        return FinishedBlob(reference: reference, treeHash: hash)
    }

    private func giveBufferBack() {
        let buffer = state.withLock { state in
            defer { state.buffer = [] }
            return state.buffer
        }
        store.buffers.give(back: buffer)
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
        giveBufferBack()
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
