import Foundation
import Logging

@testable import Strongroom

/// One store's life: tasks at work on it at the same time, what they did replayed, and the store opened again.
struct ConcurrentModelRun {
    static let taskCount = 8

    private let directory: TemporaryDirectory
    private let seed: UInt64
    private let service: TestKeyService
    private let origin = Date(timeIntervalSince1970: Date().timeIntervalSince1970.rounded())
    private var generator: SeededGenerator
    private let knowledge = Knowledge()
    private var world = World(buckets: Chooser.buckets)
    private(set) var counts: [String: Int] = [:]

    init(seed: UInt64) throws {
        directory = try TemporaryDirectory()
        service = try ModelKeys.service("model \(directory.path)")
        self.seed = seed
        generator = SeededGenerator(seed: seed)
    }

    /// The smallest there are, so that checkpoints come often and segments are many. In some lives a Bucket Key serves
    /// for a second or for a few objects, and is made and opened again and again.
    private mutating func options() -> StoreOptions {
        var options = StoreOptions()
        var service = ModelKeys.options(service)
        service.bucketKeyLifetimeSeconds = [1, 300][Int.random(in: 0..<2, using: &generator)]
        service.bucketKeyUseLimit = [4, 1 << 20][Int.random(in: 0..<2, using: &generator)]
        options.keyService = service
        options.memtableLimitBytes = 4 << 20
        options.journalSegmentBytes = 1 << 20
        // An upload keeps the suite of the life that began it.
        options.suite = Bool.random(using: &generator) ? .aes256GCM : .chaCha20Poly1305
        options.smallObjectLimitBytes = 4 << 10
        options.partMinimumBytes = Int(CompleteStep.partMinimumBytes)
        var logger = Logger(label: "model")
        // A store that is closed under its tasks says what it left undone.
        logger.logLevel = .error
        options.logger = logger
        return options
    }

    /// - Parameter operations: how many there are in each life of the store, from its opening to its end.
    mutating func run(lives: Int, operations: Int) async throws {
        let store = try await open()
        try await store.make(world.buckets)
        try await store.close()
        for life in 0..<lives {
            try await live(operations)
            if life == lives - 1 { try await rotate() }
            let store = try await open()
            if life.isMultiple(of: 3) {
                try await IdleReseal(store: store, renewsDataKeys: Bool.random(using: &generator)).run(&world)
            }
            try await EncryptionCensus(store: store, world: world).take()
            // As it was recovered, and as a checkpoint leaves it.
            try await KeyUsageScan(store).check(others: ["no key"])
            if life.isMultiple(of: 2) {
                try await store.checkpoint()
                try await KeyUsageScan(store).check()
            }
            try await Census(store: store, world: world).take(readingData: life == lives - 1)
            try await store.close()
        }
    }

    private mutating func open() async throws -> Store {
        let options = options()
        // A store that was dropped frees its lock when its threads have ended.
        var patience = 1_000
        while true {
            do throws(StoreError) {
                return try await Store.open(at: directory.store, options: options)
            } catch {
                guard error.code == .storeInUse, patience > 0 else { throw error }
            }
            patience -= 1
            try await Task.sleep(for: .milliseconds(10))
        }
    }

    private mutating func rotate() async throws {
        let store = try await open()
        try await LastRotation(store: store, service: service).run()
        try await store.close()
    }

    private mutating func live(_ operations: Int) async throws {
        let store = try await open().watched()
        let end: End = [.closed, .dropped, .closedEarly][Int.random(in: 0..<3, using: &generator)]
        let marks = Marks(limit: operations)
        var workers: [Worker] = []
        for task in 0..<Self.taskCount {
            let own = SeededGenerator(seed: generator.next())
            workers.append(
                Worker(
                    task: task, store: store, marks: marks,
                    chooser: Chooser(generator: own, knowledge: knowledge, origin: origin, service: service)))
        }
        let early = Int.random(in: 0..<operations, using: &generator)
        let closing = end == .closedEarly ? Closing(store: store, marks: marks, after: early) : nil
        let events = try await Self.all(workers, closing)
        if end == .closed { try await store.close() }
        for event in events { counts[event.kind, default: 0] += 1 }
        var replay = Replay(from: world, events)
        world = try replay.run()
    }

    private static func all(_ workers: [Worker], _ closing: Closing?) async throws -> [Event] {
        try await withThrowingTaskGroup(of: [Event].self) { group in
            for worker in workers { group.addTask { await worker.run() } }
            if let closing { group.addTask { try await closing.run() } }
            var events: [Event] = []
            for try await done in group { events += done }
            return events
        }
    }

    private enum End {
        case closed
        /// Let go without a word.
        case dropped
        /// Closed while the tasks are at work.
        case closedEarly
    }
}

/// Closes a store while others are at work on it.
private struct Closing: Sendable {
    let store: Store
    let marks: Marks
    let after: Int

    func run() async throws -> [Event] {
        while marks.taken < after { try await Task.sleep(for: .milliseconds(1)) }
        try await store.close()
        return []
    }
}
