package import StrongroomSystem
internal import Synchronization

/// `BlobStore` without a disk, for tests. A reader that is open keeps its bytes, as a descriptor would; a
/// blob that is deleted under a pinned row goes with the last pin, so that it can still be opened.
package final class InMemoryBlobStore: BlobStore {
    struct Blob: Sendable {
        var prelude: BlobPrelude
        var payload: [UInt8]
    }

    private struct State {
        var blobs: [BlobReference: Blob] = [:]
        var createdCount: UInt64 = 0
        var pinCounts: [BlobReference: Int] = [:]
        /// Deleted while pinned.
        var doomed: Set<BlobReference> = []
    }

    private let state = Mutex(State())

    package init() {}

    /// How many blobs there are, so that a test can see none is left behind.
    package var count: Int { state.withLock { $0.blobs.count } }

    package func create(_ prelude: BlobPrelude) async throws(StorageError) -> any BlobWriter {
        let number = state.withLock { state in
            state.createdCount += 1
            return state.createdCount
        }
        var id = [UInt8](repeating: 0, count: BlobReference.idSizeBytes - 8)
        id.appendBigEndian(number)
        return InMemoryBlobWriter(store: self, prelude: prelude, id: id)
    }

    package func open(
        _ reference: BlobReference, expecting prelude: BlobPrelude
    ) async throws(StorageError) -> any BlobReader {
        guard let blob = state.withLock({ $0.blobs[reference] }) else {
            throw StorageError(.corrupted, "a blob that a row names is missing; restore it from a backup")
        }
        guard blob.prelude == prelude else {
            throw StorageError(.corrupted, "the blob holds another object's payload; restore it from a backup")
        }
        return InMemoryBlobReader(reference: reference, payload: blob.payload)
    }

    package func delete(_ reference: BlobReference) async throws(StorageError) { remove(reference) }

    fileprivate func remove(_ reference: BlobReference) {
        state.withLock { state in
            guard state.pinCounts[reference] == nil else {
                state.doomed.insert(reference)
                return
            }
            state.blobs[reference] = nil
        }
    }

    /// To be called while a row that names the blob is in force: then the blob is not deleted yet.
    func pin(_ reference: BlobReference) {
        state.withLock { $0.pinCounts[reference, default: 0] += 1 }
    }

    func unpin(_ reference: BlobReference) {
        state.withLock { state in
            guard let count = state.pinCounts[reference] else { preconditionFailure("the blob is not pinned") }
            state.pinCounts[reference] = count > 1 ? count - 1 : nil
            if count == 1, state.doomed.remove(reference) != nil { state.blobs[reference] = nil }
        }
    }

    fileprivate func insert(_ blob: Blob, as reference: BlobReference) {
        state.withLock { $0.blobs[reference] = blob }
    }
}

private final class InMemoryBlobWriter: BlobWriter {
    private struct State {
        var payload: [UInt8] = []
        var finished: BlobReference?
    }

    private let store: InMemoryBlobStore
    private let prelude: BlobPrelude
    private let id: [UInt8]
    private let state = Mutex(State())

    init(store: InMemoryBlobStore, prelude: BlobPrelude, id: [UInt8]) {
        self.store = store
        self.prelude = prelude
        self.id = id
    }

    func append(_ bytes: [UInt8]) async throws(StorageError) {
        state.withLock { state in
            precondition(state.finished == nil, "a blob that is finished takes no more bytes")
            state.payload.append(contentsOf: bytes)
        }
    }

    func finish() async throws(StorageError) -> FinishedBlob {
        let (reference, payload) = state.withLock { state in
            precondition(state.finished == nil, "a blob is finished once")
            let reference = BlobReference(epoch: 0, id: id, lengthBytes: UInt64(state.payload.count))
            state.finished = reference
            return (reference, state.payload)
        }
        var hash = try PayloadHash()
        hash.update(payload, payload.indices)
        store.insert(InMemoryBlobStore.Blob(prelude: prelude, payload: payload), as: reference)
        return FinishedBlob(reference: reference, treeHash: hash.finish())
    }

    func abort() async {
        guard let reference = state.withLock({ $0.finished }) else { return }
        store.remove(reference)
    }

    func leave() {
        precondition(state.withLock { $0.finished } != nil, "only a finished blob can have been committed")
    }
}

private final class InMemoryBlobReader: BlobReader {
    let reference: BlobReference
    private let payload: [UInt8]

    init(reference: BlobReference, payload: [UInt8]) {
        self.reference = reference
        self.payload = payload
    }

    func read(at offset: UInt64, count: Int) async throws(StorageError) -> [UInt8] {
        let length = UInt64(payload.count)
        guard count >= 0, UInt64(count) <= length, offset <= length - UInt64(count) else {
            throw StorageError(
                .invalidArgument, "the range \(offset)+\(count) lies outside the payload's \(length) bytes")
        }
        return Array(payload[Int(offset)..<(Int(offset) + count)])
    }
}
