import StrongroomSimulation
import StrongroomStorage
import StrongroomSystem
import StrongroomTestSupport

// MARK: - Backups

extension CrashScenario {
    static let backups = [
        CrashScenario("a backup of an empty store", takesImages: true) { try await $0.backUp() },
        CrashScenario("a backup", takesImages: true, after: { try await mix($0) }) { try await $0.backUp() },
        CrashScenario("a backup, and rows after it", takesImages: true, after: { try await mix($0) }) { store in
            try await store.backUp()
            try await store.put(key("a"), 900)
            try await store.delete([key(1)])
        },
        CrashScenario(
            "a backup with sums beside", hasSums: true, takesImages: true, after: { try await mix($0, imaged: true) }
        ) { try await $0.backUp() },
        CrashScenario(
            "a backup of an image and the journal after it", takesImages: true,
            after: { try await mix($0, imaged: true) }
        ) { try await $0.backUp() },
        CrashScenario("a second backup copies what is new", takesImages: true, after: { try await mixBackedUp($0) }) {
            store in
            try await store.put(key("new"), 700)
            try await store.putBlob(key("new blob"), 9000)
            try await store.delete([key(1)])
            try await store.backUp()
        },
        CrashScenario("a second backup of a newer image", takesImages: true, after: { try await mixBackedUp($0) }) {
            store in
            try await store.put(key("new"), 700)
            try await store.checkpoint()
            try await store.storage.takeImage()
            try await store.backUp()
        },
        CrashScenario("backups in turn with rows and checkpoints", takesImages: true) { store in
            for round in 0..<3 as Range<UInt8> {
                try await store.put([key("a"): 600, key(Int(round)): 20], seed: round)
                try await store.checkpoint()
                try await store.backUp()
            }
        },
        CrashScenario("backups in several lives", takesImages: true, after: { try await mixBackedUp($0) }) { store in
            try await store.reopenKilled()
            try await store.put(key("a"), 900)
            try await store.backUp()
        },
        CrashScenario("a backup beside writers", takesImages: true, after: { try await mix($0) }) { store in
            async let backup: Void = store.backUp()
            for number in 0..<5 { try await store.put(key(number), 800, seed: 3) }
            try await backup
        },
        CrashScenario("backups of blobs that go", takesImages: true, after: { try await mixBackedUp($0) }) { store in
            try await store.delete([key("blob")])
            try await store.storage.settle()
            try await store.backUp()
        },
        CrashScenario("a backup after compaction", takesImages: true, after: { try await fillAndBackUp($0) }) { store in
            try await store.compact()
            try await store.backUp()
        },
    ]

    /// Rows of all kinds: in the catalog's row, in a segment, in a blob, and deleted ones.
    static func mix(_ store: ScriptedStore, imaged: Bool = false) async throws {
        try await fill(store, 6)
        try await store.putBlob(key("blob"), 20_000)
        try await store.put(key("full"), 9000)
        try await store.delete([key(2)])
        guard imaged else { return }
        try await store.checkpoint()
        try await store.storage.takeImage()
        try await store.put([key(3): 700, key("late"): 10], seed: 2)
    }

    static func mixBackedUp(_ store: ScriptedStore) async throws {
        try await mix(store)
        try await store.backUp()
    }

    /// Segments in which little lives.
    private static func fillAndBackUp(_ store: ScriptedStore) async throws {
        for number in 0..<4 { try await store.put(key("full \(number)"), 50_000) }
        try await store.delete((0..<3).map { key("full \($0)") })
        try await store.checkpoint()
        try await store.backUp()
        // The journal since the backup's image is not needed any more.
        try await store.storage.takeImage()
    }
}

// MARK: - Backups that end before they are one

extension CrashScenario {
    static let brokenBackups = [
        CrashScenario("a backup that was cancelled, and another", takesImages: true, after: { try await mix($0) }) {
            store in
            try await store.failing { try await store.backUp(cancelledAfter: 1) }
            try await store.put(key("a"), 900)
            try await store.backUp()
        },
        CrashScenario("a backup on a full disk, and another", takesImages: true, after: { try await mix($0) }) {
            store in
            store.machine.fileSystem.inject(
                SimulatedFault([.write], pathSuffix: ".partial", skips: 1, code: .diskFull))
            try await store.failing { try await store.backUp() }
            store.machine.fileSystem.clearFaults()
            try await store.backUp()
        },
        CrashScenario(
            "a backup that a crash has interrupted, and another", takesImages: true, after: { try await mix($0) }
        ) { store in
            // While its first file is copied.
            store.machine.fileSystem.failPower(afterMutations: 10)
            try await store.failing { try await store.backUp() }
            try await store.reopenCrashed(seed: 5)
            try await store.put(key("a"), 900)
            try await store.backUp()
        },
        CrashScenario(
            "a second backup whose process was killed, and another", takesImages: true,
            after: { try await mixBackedUp($0) }
        ) { store in
            try await store.putBlob(key("new blob"), 9000)
            store.machine.fileSystem.failPower(afterMutations: 10)
            try await store.failing { try await store.backUp() }
            try await store.reopenKilled(seed: 6)
            try await store.backUp()
        },
    ]
}
