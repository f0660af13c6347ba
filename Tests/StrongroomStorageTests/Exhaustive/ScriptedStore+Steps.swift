import StrongroomStorage
import StrongroomSystem
import StrongroomTestSupport

// MARK: - Steps

extension ScriptedStore {
    /// One commit of rows whose payloads have those lengths; nil for a row without one.
    func put(_ lengths: [[UInt8]: Int?], seed: UInt8 = 1, valueLength: Int = 8) async throws {
        var (mutations, changes, attachments): ([RowMutation], [StoreModel.Change], [[UInt8]]) = ([], [], [])
        for (key, length) in lengths.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
            let payload = length.map { StoreModel.Payload(home: .attachment, length: $0, seed: seed) }
            let row = StoreModel.Row(value: [UInt8](repeating: seed, count: valueLength), payload: payload)
            let source = payload.map { _ in PayloadSource.attachment(attachments.count) } ?? .none
            if let payload { attachments.append(payload.bytes) }
            mutations.append(RowMutation(key: key, change: .put(value: row.value, payload: source)))
            changes.append(.put(key: key, row: row))
        }
        let result = (mutations, changes)
        try await storage.commit(noting: model, reads: mutations.map(\.key), attachments: attachments) { _ in result }
    }

    func put(_ key: [UInt8], _ length: Int? = nil, seed: UInt8 = 1) async throws {
        try await put([key: length], seed: seed)
    }

    func delete(_ keys: [[UInt8]]) async throws {
        let result = (
            keys.map { RowMutation(key: $0, change: .delete) }, keys.map { StoreModel.Change.delete(key: $0) }
        )
        try await storage.commit(noting: model, reads: keys) { _ in result }
    }

    func move(_ source: [UInt8], to target: [UInt8]) async throws {
        try await storage.commit(noting: model, reads: [source, target]) { _ in
            (
                [
                    RowMutation(key: target, change: .put(value: [9], payload: .sameAs(read: 0))),
                    RowMutation(key: source, change: .delete),
                ], [.move(from: source, to: target, value: [9])]
            )
        }
    }

    func putBlob(_ key: [UInt8], _ length: Int, seed: UInt8 = 1) async throws {
        let payload = StoreModel.Payload(home: .blob, length: length, seed: seed)
        let (writer, blob) = try await storage.blobs.finished(payload.bytes)
        let row = StoreModel.Row(value: [1], payload: payload)
        try await storage.commit(noting: model, reads: [key]) { _ in
            (
                [RowMutation(key: key, change: .put(value: row.value, payload: .blob(blob.reference)))],
                [.put(key: key, row: row)]
            )
        }
        writer.leave()
    }

    func checkpoint() async throws { try await storage.checkpoint() }

    func compact() async throws { try await storage.compactAll() }

    /// What the step does fails, as the scenario wants it to.
    func failing(_ step: () async throws -> Void) async throws {
        do {
            try await step()
        } catch is StorageError {
            return
        }
        throw Discrepancy("a step succeeds that was to fail")
    }
}
