import StrongroomSimulation
import StrongroomStorage
import StrongroomSystem

/// One writer's random operations, each noted in the model at the position where it is committed.
struct RandomWorkload {
    let storage: EmbeddedStorage
    let model: StoreModel
    /// How many of a hundred operations make a blob.
    let blobPercentage: Int
    var generator: SeededGenerator

    init(storage: EmbeddedStorage, model: StoreModel, seed: UInt64, blobPercentage: Int = 11) {
        self.blobPercentage = blobPercentage
        self.storage = storage
        self.model = model
        generator = SeededGenerator(seed: seed)
    }

    /// Runs `count` operations, or until the store fails; the error it failed with.
    mutating func run(_ count: Int) async -> StorageError? {
        for _ in 0..<count {
            do throws(StorageError) {
                try await runOne()
            } catch {
                return error
            }
        }
        return nil
    }

    private mutating func runOne() async throws(StorageError) {
        switch Int.random(in: 0..<100, using: &generator) {
        case 0..<blobPercentage:
            if generator.chance(1, in: 4) { try await abortBlob() } else { try await putBlob(randomKey()) }
        case 0..<55: try await put([randomKey()])
        case 55..<65: try await put((0..<Int.random(in: 2...5, using: &generator)).map { _ in randomKey() })
        case 65..<80: try await delete(randomKey())
        case 80..<95: try await move(randomKey(), randomKey())
        default: _ = try await storage.metadata.pinnedRow(randomKey())?.row
        }
    }

    /// Few enough that they collide; some long and hostile.
    private mutating func randomKey() -> [UInt8] {
        let number = Int.random(in: 0..<150, using: &generator)
        switch number % 5 {
        case 0: return key(number) + [0x00, 0xFF, UInt8(number)]
        case 1: return key("long ") + [UInt8](repeating: UInt8(number), count: 400 + number * 4)
        default: return key(number)
        }
    }

    private mutating func randomRow() -> StoreModel.Row {
        let value = [UInt8](
            repeating: UInt8.random(in: 0...255, using: &generator), count: Int.random(in: 0...60, using: &generator))
        let lengths = [0, 10, 300, 512, 513, 2000, 9000]
        guard generator.chance(3, in: 4), let length = lengths.randomElement(using: &generator) else {
            return StoreModel.Row(value: value, payload: nil)
        }
        let seed = UInt8.random(in: 0...255, using: &generator)
        return StoreModel.Row(
            value: value, payload: StoreModel.Payload(home: .attachment, length: length, seed: seed))
    }

    private mutating func put(_ keys: [[UInt8]]) async throws(StorageError) {
        var mutations: [RowMutation] = []
        var changes: [StoreModel.Change] = []
        var attachments: [[UInt8]] = []
        for key in Set(keys).sorted(by: { $0.lexicographicallyPrecedes($1) }) {
            let row = randomRow()
            var source = PayloadSource.none
            if let payload = row.payload {
                source = .attachment(attachments.count)
                attachments.append(payload.bytes)
            }
            mutations.append(RowMutation(key: key, change: .put(value: row.value, payload: source)))
            changes.append(.put(key: key, row: row))
        }
        let result = (mutations, changes)
        try await storage.commit(noting: model, reads: mutations.map(\.key), attachments: attachments) { _ in result }
    }

    private mutating func delete(_ key: [UInt8]) async throws(StorageError) {
        try await storage.commit(noting: model, reads: [key]) { view in
            guard view.rows[0] != nil else { return nil }
            return ([RowMutation(key: key, change: .delete)], [.delete(key: key)])
        }
    }

    private mutating func move(_ source: [UInt8], _ target: [UInt8]) async throws(StorageError) {
        guard source != target else { return }
        let value = [UInt8.random(in: 0...255, using: &generator)]
        try await storage.commit(noting: model, reads: [source, target]) { view in
            guard view.rows[0] != nil else { return nil }
            return (
                [
                    RowMutation(key: target, change: .put(value: value, payload: .sameAs(read: 0))),
                    RowMutation(key: source, change: .delete),
                ], [.move(from: source, to: target, value: value)]
            )
        }
    }

    private mutating func putBlob(_ key: [UInt8]) async throws(StorageError) {
        let payload = StoreModel.Payload(
            home: .blob, length: Int.random(in: 0..<20_000, using: &generator),
            seed: UInt8.random(in: 0...255, using: &generator))
        let writer = try await storage.blobs.create(somePrelude)
        do throws(StorageError) {
            try await writer.append(payload.bytes)
            let blob = try await writer.finish()
            let row = StoreModel.Row(value: [1], payload: payload)
            try await storage.commit(noting: model, reads: [key]) { _ in
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

    private mutating func abortBlob() async throws(StorageError) {
        let writer = try await storage.blobs.create(somePrelude)
        try await writer.append(payload(1000))
        await writer.abort()
    }
}
