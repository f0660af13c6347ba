import StrongroomCatalog
import StrongroomSimulation
import StrongroomStorage
import StrongroomSystem
import StrongroomTestSupport
import Synchronization
import Testing

/// A store that a scenario works on step by step, with a model of what it should hold and, while it is recorded, every
/// moment at which power could fail.
final class ScriptedStore: Sendable {
    let machine: SimulatedMachine
    let model = StoreModel()
    let sums: RowSumDefinition?
    private let opened = Mutex<EmbeddedStorage?>(nil)
    private let moments = Mutex<[CrashMoment]>([])
    private let isRecording = Atomic(false)

    init(seed: UInt64 = 1, options: EmbeddedStorageOptions = .simulated, sums: RowSumDefinition? = nil) async throws {
        self.sums = sums
        machine = try await SimulatedMachine(seed: seed, options: options, sums: sums)
    }

    var storage: EmbeddedStorage {
        get throws { try #require(opened.withLock { $0 }, "the scenario has not opened its store") }
    }

    /// Whether nothing more can be committed: no store is open, or its disk has failed it.
    var isEnded: Bool {
        get async throws {
            guard let storage = opened.withLock({ $0 }) else { return true }
            do throws(StorageError) {
                return try await storage.statistics().poison != nil
            } catch {
                // A poisoned store cannot make its last checkpoint and fails to close, but closed it is.
                guard error.code == .closed else { throw error }
                return true
            }
        }
    }

    // MARK: - Recording

    private func note(_ disk: SimulatedMoment, _ index: MemoryIndex) {
        let moment = CrashMoment(disk: disk, index: index, model: model.copy(), anchor: sums?.anchor)
        moments.withLock { $0.append(moment) }
    }

    /// All moments of what `body` does, the last of them after its end.
    func recording(_ body: (ScriptedStore) async throws -> Void) async throws -> [CrashMoment] {
        isRecording.store(true, ordering: .relaxed)
        watch()
        try await body(self)
        machine.watch(nil)
        note(machine.fileSystem.moment, machine.index.surviving())
        return moments.withLock { $0 }
    }

    private func watch() { machine.watch { [self] in note($0, $1) } }

    // MARK: - Lives

    func open(seed: UInt64 = 1, indexWrites: Int? = nil) async throws {
        let storage = try await machine.open(
            seed: seed, indexWrites: indexWrites, sums: sums, noting: model)
        opened.withLock { $0 = storage }
    }

    func close() async throws {
        try await storage.close()
        opened.withLock { $0 = nil }
        machine.reopenIndex()
        if isRecording.load(ordering: .relaxed) { watch() }
    }

    /// The process dies; the store is opened again by another one.
    func reopenKilled(seed: UInt64 = 2) async throws { try await reopen(seed) { machine.kill(seed: seed) } }

    /// Power fails; the store is opened again.
    func reopenCrashed(seed: UInt64) async throws { try await reopen(seed) { machine.crash(seed: seed) } }

    private func reopen(_ seed: UInt64, _ end: () -> Void) async throws {
        end()
        opened.withLock { $0 = nil }
        if isRecording.load(ordering: .relaxed) { watch() }
        try await open(seed: seed)
        try await storage.compare(with: model)
    }

    // MARK: - Steps

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

/// Everything that is there when power fails, and what was issued and acknowledged by then.
struct CrashMoment: Sendable {
    let disk: SimulatedMoment
    let index: MemoryIndex
    let model: StoreModel
    /// What an anchor outside said of the catalog; nil where there is none.
    var anchor: CatalogRootMark?
}
