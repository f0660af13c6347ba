import StrongroomSimulation
import StrongroomStorage
import StrongroomSystem
import StrongroomTestSupport

// MARK: - Images of the catalog

extension CrashScenario {
    static let images = [
        CrashScenario("an image of nothing", takesImages: true) { try await $0.storage.takeImage() },
        CrashScenario("an image", takesImages: true, after: { try await fill($0, 20) }) { store in
            try await store.storage.takeImage()
        },
        CrashScenario("an image, and rows after it", takesImages: true, after: { try await fill($0, 10) }) { store in
            try await store.storage.takeImage()
            try await store.put(key("a"), 900)
            try await store.delete([key(3)])
            try await store.checkpoint()
        },
        CrashScenario("an image takes the place of another", takesImages: true, after: { try await fill($0, 10) }) {
            store in
            try await store.storage.takeImage()
            try await store.put(key("a"), 900)
            try await store.checkpoint()
            try await store.storage.takeImage()
        },
        CrashScenario("an image lets segments go", takesImages: true, after: { try await $0.put(key("a"), 60_000) }) {
            store in
            for round in 2..<6 as Range<UInt8> { try await store.put(key("a"), 60_000, seed: round) }
            try await store.checkpoint()
            try await store.storage.takeImage()
            try await store.storage.settle()
        },
        CrashScenario("an image beside writers", takesImages: true, after: { try await fill($0, 30) }) { store in
            async let image = store.storage.takeImage()
            for number in 0..<5 { try await store.put(key(number), 800, seed: 3) }
            _ = try await image
        },
        CrashScenario("an image of blobs that go", takesImages: true, after: { try await $0.putBlob(key("a"), 9000) }) {
            store in
            try await store.storage.takeImage()
            try await store.delete([key("a")])
            try await store.storage.settle()
            try await store.storage.takeImage()
        },
        CrashScenario("an image is not written", takesImages: true, after: { try await fill($0, 20) }) { store in
            store.machine.fileSystem.inject(SimulatedFault([.write]))
            try await store.failing { try await store.storage.takeImage() }
            store.machine.fileSystem.clearFaults()
            try await store.put(key("a"), 900)
            try await store.storage.takeImage()
        },
        CrashScenario("images in several lives", takesImages: true, after: { try await fill($0, 10) }) { store in
            try await store.storage.takeImage()
            try await store.reopenKilled()
            try await store.put(key("a"), 900)
            try await store.checkpoint()
            try await store.storage.takeImage()
            try await store.close()
            try await store.open(seed: 4)
        },
        CrashScenario("an image, and compaction", takesImages: true, after: { try await fill($0, 30) }) { store in
            for number in 0..<4 { try await store.put(key("full \(number)"), 50_000) }
            try await store.delete((0..<3).map { key("full \($0)") })
            try await store.checkpoint()
            try await store.storage.takeImage()
            try await store.compact()
            try await store.storage.takeImage()
        },
    ]
}
