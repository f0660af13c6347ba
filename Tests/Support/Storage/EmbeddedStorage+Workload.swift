package import StrongroomStorage
package import StrongroomSystem

extension EmbeddedStorage {
    /// Checkpoints until what was free at the start is freed: a blob's row must be in the index before
    /// its file goes, and the trash row after that.
    package func settle() async throws {
        for _ in 0..<3 { try await checkpoint() }
    }

    /// Waits for the last reader: a thread that has read a payload keeps it from being freed for a moment longer than
    /// whoever asked for it waits.
    package func waitForReaders() async throws {
        for _ in 0..<10_000 {
            if try await statistics().readerCount == 0 { return }
            try await Task.sleep(for: .milliseconds(1))
        }
        throw Discrepancy("somebody reads who has no reader any more")
    }

    /// Does what a step says, and notes it in the model.
    package func perform(_ step: WorkloadStep, noting model: StoreModel) async throws(StorageError) {
        switch step {
        case .put(let entries): try await put(entries, model)
        case .delete(let key): try await delete(key.bytes, model)
        case .move(let source, let target, let value): try await move(source.bytes, target.bytes, value, model)
        case .putBlob(let key, let payload): try await putBlob(key.bytes, payload, model)
        case .abortBlob: try await abortBlob()
        case .read(let key): _ = try await metadata.pinnedRow(key.bytes)?.row
        }
    }

    private func put(_ entries: [WorkloadStep.Entry], _ model: StoreModel) async throws(StorageError) {
        var mutations: [RowMutation] = []
        var changes: [StoreModel.Change] = []
        var attachments: [[UInt8]] = []
        for entry in entries {
            let (key, row) = (entry.key.bytes, entry.row)
            var source = PayloadSource.none
            if let payload = row.payload {
                source = .attachment(attachments.count)
                attachments.append(payload.bytes)
            }
            mutations.append(RowMutation(key: key, change: .put(value: row.value, payload: source)))
            changes.append(.put(key: key, row: row))
        }
        let result = (mutations, changes)
        try await commit(noting: model, reads: mutations.map(\.key), attachments: attachments) { _ in result }
    }

    private func delete(_ key: [UInt8], _ model: StoreModel) async throws(StorageError) {
        try await commit(noting: model, reads: [key]) { view in
            guard view.rows[0] != nil else { return nil }
            return ([RowMutation(key: key, change: .delete)], [.delete(key: key)])
        }
    }

    private func move(
        _ source: [UInt8], _ target: [UInt8], _ value: UInt8, _ model: StoreModel
    ) async throws(StorageError) {
        try await commit(noting: model, reads: [source, target]) { view in
            guard view.rows[0] != nil else { return nil }
            return (
                [
                    RowMutation(key: target, change: .put(value: [value], payload: .sameAs(read: 0))),
                    RowMutation(key: source, change: .delete),
                ], [.move(from: source, to: target, value: [value])]
            )
        }
    }

    private func putBlob(
        _ key: [UInt8], _ payload: StoreModel.Payload, _ model: StoreModel
    ) async throws(StorageError) {
        let writer = try await blobs.create(somePrelude)
        do throws(StorageError) {
            try await writer.append(payload.bytes)
            let blob = try await writer.finish()
            let row = StoreModel.Row(value: [1], payload: payload)
            try await commit(noting: model, reads: [key]) { _ in
                (
                    [RowMutation(key: key, change: .put(value: row.value, payload: .blob(blob.reference)))],
                    [.put(key: key, row: row)]
                )
            }
            writer.leave()
        } catch {
            if error.code == .durabilityUnknown { writer.leave() } else { await writer.abort() }
            throw error
        }
    }

    private func abortBlob() async throws(StorageError) {
        let writer = try await blobs.create(somePrelude)
        try await writer.append(payload(1000))
        await writer.abort()
    }
}
