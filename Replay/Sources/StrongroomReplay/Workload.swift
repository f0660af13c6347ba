import CReplayMarks
import ReplayDisk
import Strongroom

/// What is recorded: a store that is made, used by several at once, closed and opened again, a few times.
struct Workload {
    private static let writerCount = 4
    private static let lifeCount = 3
    /// Numbers of operations that belong to one writer in one life.
    private static let numbersPerLife = 100_000

    let directory: String
    let seed: UInt64
    let operationCount: Int

    /// Ends with what the store holds, as the workload knows it and as a look at it confirms.
    func run() async throws {
        guard strongroom_recorder_is_loaded() else {
            throw ReplayError("the workload runs under the recorder: LD_PRELOAD its library")
        }
        var contents = [StoreContent](repeating: StoreContent(), count: Self.writerCount)
        for life in 0..<Self.lifeCount {
            let store = try await ReplayStore.open(in: directory)
            try Mark.opened.write()
            if life == 0 { try await createBuckets(store, &contents) }
            contents = try await use(store, contents, life)
            if life == Self.lifeCount - 1 { try await confirm(store, contents) }
            try await store.close()
        }
    }

    private func createBuckets(_ store: Store, _ contents: inout [StoreContent]) async throws {
        var writer = Writer(store, named: "", seed: seed, knowing: StoreContent(), numbersFrom: 0)
        try await writer.createBucket(Writer.plainBucket, isVersioned: false)
        try await writer.createBucket(Writer.versionedBucket, isVersioned: true)
        for index in contents.indices { contents[index] = writer.content }
    }

    private func use(_ store: Store, _ contents: [StoreContent], _ life: Int) async throws -> [StoreContent] {
        let count = max(1, operationCount / Self.lifeCount / Self.writerCount)
        return try await withThrowingTaskGroup(of: (Int, StoreContent).self) { group in
            for (index, content) in contents.enumerated() {
                let number = 1 + (life * Self.writerCount + index) * Self.numbersPerLife
                var writer = Writer(
                    store, named: "writer \(index)", seed: seed &+ UInt64(number) &* 0x9E37, knowing: content,
                    numbersFrom: 1_000 + number)
                group.addTask {
                    for turn in 0..<count {
                        try await writer.act()
                        // The first one moves what was committed into LMDB, now and then.
                        if index == 0, turn % 6 == 5 { try await store.checkpoint() }
                    }
                    return (index, writer.content)
                }
            }
            var results = contents
            for try await (index, content) in group { results[index] = content }
            return results
        }
    }

    private func confirm(_ store: Store, _ contents: [StoreContent]) async throws {
        var all = contents[0]
        for content in contents {
            all.versions.merge(content.versions) { _, last in last }
            all.uploads.merge(content.uploads) { _, last in last }
        }
        let found = try await StoreContent(observing: store)
        guard found == all else {
            throw ReplayError("the running store is not as it should be: \(found.difference(to: all))")
        }
    }
}
