import StrongroomSimulation
import StrongroomStorage
import StrongroomSystem
import StrongroomTestSupport

// MARK: - The first opening

extension CrashScenario {
    static let creations = [
        CrashScenario("a creation", isBlank: true) { try await $0.make() },
        CrashScenario("a creation, and rows after it", isBlank: true) { store in
            try await store.make()
            try await store.open()
            try await store.put([key("a"): 600, key("b"): 10])
            try await store.delete([key("b")])
        },
        CrashScenario("a creation, and a blob after it", isBlank: true) { store in
            try await store.make()
            try await store.open()
            try await store.putBlob(key("a"), 9000)
        },
        CrashScenario("a creation with sums, and a checkpoint after it", hasSums: true, isBlank: true) { store in
            try await store.make()
            try await store.open()
            try await store.put(key("a"), 600)
            try await store.checkpoint()
        },
        CrashScenario("a creation, and an image after it", takesImages: true, isBlank: true) { store in
            try await store.make()
            try await store.open()
            try await store.put(key("a"), 600)
            try await store.checkpoint()
            try await store.storage.takeImage()
        },
        CrashScenario("a creation, and a backup after it", takesImages: true, isBlank: true) { store in
            try await store.make()
            try await store.open()
            try await store.put(key("a"), 600)
            try await store.backUp()
        },
        CrashScenario("a creation, closed and opened again", isBlank: true) { store in
            try await store.make()
            try await store.open()
            try await store.close()
            try await store.open(seed: 2)
            try await store.put(key("a"), 600)
        },
        CrashScenario("a creation that a crash has interrupted, and another", isBlank: true) { store in
            // Among the folders.
            store.machine.fileSystem.failPower(afterMutations: 12)
            try await store.failing { try await store.make() }
            store.crash(seed: 5)
            try await store.make(seed: 12)
            try await store.open()
            try await store.put(key("a"), 600)
        },
        CrashScenario("a creation whose process was killed, and another", isBlank: true) { store in
            // The storage is there, and `store.json` only under another name.
            store.machine.fileSystem.failPower(afterMutations: 18)
            try await store.failing { try await store.make() }
            store.kill(seed: 5)
            try await store.make(seed: 12)
            try await store.open()
            try await store.put(key("a"), 600)
        },
        CrashScenario("a creation on a disk that fails at first", isBlank: true) { store in
            store.machine.fileSystem.inject(SimulatedFault([.synchronizeDirectory], pathSuffix: "/journal"))
            try await store.failing { try await store.make() }
            store.machine.fileSystem.clearFaults()
            try await store.make(seed: 12)
            try await store.open()
            try await store.put(key("a"), 600)
        },
    ]
}
