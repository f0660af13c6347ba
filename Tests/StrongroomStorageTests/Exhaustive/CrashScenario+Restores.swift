import StrongroomSimulation
import StrongroomStorage
import StrongroomSystem
import StrongroomTestSupport

// MARK: - Restores

extension CrashScenario {
    static let restores = [
        CrashScenario("a restore", takesImages: true, after: { try await loseMixed($0) }) { store in
            try await store.restore()
            try await store.open(seed: 22)
            try await store.put(key("a"), 900)
        },
        CrashScenario(
            "a restore with sums beside", hasSums: true, takesImages: true, after: { try await loseMixed($0) }
        ) { store in
            try await store.restore()
            try await store.open(seed: 22)
            try await store.put(key("a"), 900)
            try await store.checkpoint()
        },
        CrashScenario(
            "a restore of an image and the journal after it", takesImages: true,
            after: { store in
                try await mix(store, imaged: true)
                try await store.backUp()
                try await store.lose()
            }
        ) { store in
            try await store.restore()
            try await store.open(seed: 22)
            try await store.delete([key("late")])
        },
        CrashScenario(
            "a restore of the second backup", takesImages: true,
            after: { store in
                try await mixBackedUp(store)
                try await store.put(key("new"), 700)
                try await store.delete([key("blob")])
                try await store.backUp()
                try await store.lose()
            }
        ) { store in
            try await store.restore()
            try await store.open(seed: 22)
            try await store.putBlob(key("a"), 900)
        },
        CrashScenario("a restore of an earlier commit", takesImages: true, after: { try await loseMixed($0) }) {
            store in
            try await store.restore(givingUp: 2)
            try await store.open(seed: 22)
            try await store.put(key("a"), 900)
        },
        CrashScenario(
            "a restore, and a backup of the life after it", takesImages: true, after: { try await loseMixed($0) }
        ) { store in
            try await store.restore(givingUp: 1)
            try await store.open(seed: 22)
            try await store.put(key("a"), 900)
            try await store.backUp()
        },
        CrashScenario(
            "a restore that a crash has interrupted, and another", takesImages: true,
            after: { try await loseMixed($0) }
        ) { store in
            // Among the files.
            store.machine.fileSystem.failPower(afterMutations: 14)
            try await store.failing { try await store.restore() }
            store.crash(seed: 3)
            try await store.restore(seed: 23)
            try await store.open(seed: 24)
            try await store.put(key("a"), 900)
        },
        CrashScenario(
            "a restore whose process was killed, and another", takesImages: true, after: { try await loseMixed($0) }
        ) { store in
            store.machine.fileSystem.failPower(afterMutations: 20)
            try await store.failing { try await store.restore() }
            store.kill(seed: 3)
            try await store.restore(seed: 23)
            try await store.open(seed: 24)
            try await store.put(key("a"), 900)
        },
        CrashScenario("a restore on a full disk, and another", takesImages: true, after: { try await loseMixed($0) }) {
            store in
            store.machine.fileSystem.inject(SimulatedFault([.write], pathSuffix: ".partial", code: .diskFull))
            try await store.failing { try await store.restore() }
            store.machine.fileSystem.clearFaults()
            try await store.restore(seed: 23)
            try await store.open(seed: 24)
            try await store.put(key("a"), 900)
        },
    ]

    /// What comes after the backup is lost with the store.
    private static func loseMixed(_ store: ScriptedStore) async throws {
        try await mixBackedUp(store)
        try await store.put([key("a"): 600, key("full"): 700], seed: 3)
        try await store.lose()
    }
}
