import StrongroomSimulation
import StrongroomStorage
import StrongroomTestSupport
import Testing

/// A short script, at every step of which power is made to fail.
struct CrashScenario: Sendable, CustomTestStringConvertible {
    let name: String
    /// Rows are added up beside.
    var hasSums = false
    /// Images are taken when the script says so, and the journal since is kept for them.
    var takesImages = false
    /// The disk is empty, and the script makes its store.
    var isBlank = false
    /// What comes before the moments that are looked at.
    var prepare: @Sendable (ScriptedStore) async throws -> Void = { _ in }
    let run: @Sendable (ScriptedStore) async throws -> Void

    var testDescription: String { name }

    init(
        _ name: String, hasSums: Bool = false, takesImages: Bool = false, isBlank: Bool = false,
        after prepare: @escaping @Sendable (ScriptedStore) async throws -> Void = { _ in },
        _ run: @escaping @Sendable (ScriptedStore) async throws -> Void
    ) {
        self.name = name
        self.hasSums = hasSums
        self.takesImages = takesImages
        self.isBlank = isBlank
        self.prepare = prepare
        self.run = run
    }

    static let all: [CrashScenario] = [
        rows, blobs, checkpoints, compaction, images, lives, faults, creations, backups, brokenBackups, restores,
    ].flatMap { $0 }

    var options: EmbeddedStorageOptions {
        var options = EmbeddedStorageOptions.simulated
        if takesImages { options.images = ImagePolicy() }
        return options
    }

    /// All moments of the scenario.
    ///
    /// - Parameter synchronizes: whether syncs do anything once it begins.
    func moments(synchronizes: Bool = true) async throws -> [CrashMoment] {
        let store = try await ScriptedStore(
            options: options, sums: hasSums ? TestSums.definition : nil, isBlank: isBlank)
        if !isBlank { try await store.open() }
        try await prepare(store)
        store.machine.fileSystem.setSynchronizes(synchronizes)
        return try await store.recording(run)
    }
}

// MARK: - Rows

extension CrashScenario {
    /// Payload lengths on both sides of every border: none, in the row, in the segment, over several pages.
    private static let lengths = [0, 1, 10, 511, 512, 513, 4095, 4096, 9000]

    private static let rows = [
        CrashScenario("a row") { try await $0.put(key("a")) },
        CrashScenario("rows with payloads of all sizes") { store in
            for (number, length) in lengths.enumerated() { try await store.put(key(number), length) }
        },
        CrashScenario("a row is replaced", after: { try await $0.put(key("a"), 2000) }) {
            try await $0.put(key("a"), 9000, seed: 2)
        },
        CrashScenario("a row is replaced again and again") { store in
            for seed in 1..<8 as Range<UInt8> { try await store.put(key("a"), Int(seed) * 300, seed: seed) }
        },
        CrashScenario("a row is deleted", after: { try await $0.put(key("a"), 600) }) {
            try await $0.delete([key("a")])
        },
        CrashScenario("a row comes back", after: { try await $0.put(key("a"), 600) }) { store in
            try await store.delete([key("a")])
            try await store.put(key("a"), 700, seed: 2)
        },
        CrashScenario("a row moves", after: { try await $0.put(key("a"), 6000) }) { store in
            try await store.move(key("a"), to: key("b"))
            try await store.move(key("b"), to: key("c"))
        },
        CrashScenario("a row moves over another", after: { try await $0.put([key("a"): 600, key("b"): 700]) }) {
            try await $0.move(key("a"), to: key("b"))
        },
        CrashScenario("a batch of rows") { store in
            try await store.put([key("a"): 10, key("b"): nil, key("c"): 5000, key("d"): 513])
        },
        CrashScenario("a batch larger than many pages") { store in
            var batch: [[UInt8]: Int?] = [:]
            for number in 0..<24 { batch[key(number)] = 3000 }
            try await store.put(batch)
        },
        CrashScenario("a batch is replaced by another", after: { try await $0.put([key("a"): 10, key("b"): 4000]) }) {
            try await $0.put([key("a"): 4000, key("b"): 10], seed: 2)
        },
        CrashScenario(
            "a batch is deleted", after: { try await $0.put([key("a"): 10, key("b"): 4000, key("c"): nil]) },
            { try await $0.delete([key("a"), key("b"), key("c")]) }),
        CrashScenario("long keys and keys with hostile bytes") { store in
            try await store.put(key("long") + [UInt8](repeating: 7, count: 1000), 40)
            try await store.put(key("") + [0, 0xFF, 0, 1], 40)
            try await store.delete([key("") + [0, 0xFF, 0, 1]])
        },
        CrashScenario("writers at once") { store in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for writer in 0..<6 {
                    group.addTask {
                        for number in 0..<3 { try await store.put(key("\(writer) \(number)"), writer * 700) }
                    }
                }
                try await group.waitForAll()
            }
        },
        CrashScenario("what is refused leaves nothing", after: { try await $0.put(key("a"), 600) }) { store in
            try await store.storage.commit(noting: store.model, reads: [key("a")]) { _ in nil }
            try await store.put(key("b"), 600)
        },
    ]
}

// MARK: - Blobs

extension CrashScenario {
    private static let blobs = [
        CrashScenario("a blob") { try await $0.putBlob(key("a"), 20_000) },
        CrashScenario("blobs of all sizes") { store in
            for (number, length) in [0, 1, 4096, 65_536, 400_000].enumerated() {
                try await store.putBlob(key(number), length)
            }
        },
        CrashScenario("a blob is replaced", after: { try await $0.putBlob(key("a"), 20_000) }) {
            try await $0.putBlob(key("a"), 30_000, seed: 2)
        },
        CrashScenario("a blob gives way to a row", after: { try await $0.putBlob(key("a"), 20_000) }) {
            try await $0.put(key("a"), 600)
        },
        CrashScenario("a blob is deleted", after: { try await $0.putBlob(key("a"), 20_000) }) { store in
            try await store.delete([key("a")])
            try await store.storage.settle()
        },
        CrashScenario("a blob moves", after: { try await $0.putBlob(key("a"), 20_000) }) { store in
            try await store.move(key("a"), to: key("b"))
            try await store.storage.settle()
        },
        CrashScenario("a blob that nobody commits") { store in
            let writer = try await store.storage.blobs.create(somePrelude)
            try await writer.append(payload(9000))
            await writer.abort()
            try await store.put(key("a"))
        },
        CrashScenario("a blob that is finished and given up") { store in
            let (writer, _) = try await store.storage.blobs.finished(payload(9000))
            try await store.put(key("a"))
            await writer.abort()
            try await store.put(key("b"))
        },
        CrashScenario("a deleted blob that somebody reads", after: { try await $0.putBlob(key("a"), 9000) }) { store in
            let pinned = try await store.storage.metadata.pinnedRow(key("a"))
            try await store.delete([key("a")])
            try await store.storage.settle()
            withExtendedLifetime(pinned) {}
            try await store.put(key("b"))
        },
        CrashScenario("blobs at once") { store in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<4 { group.addTask { try await store.putBlob(key(number), 5000 * number) } }
                try await group.waitForAll()
            }
        },
    ]
}
