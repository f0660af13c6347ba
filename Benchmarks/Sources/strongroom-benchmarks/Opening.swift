import ArgumentParser
import Foundation
import Strongroom
import SystemPackage

/// O1, R1: how long opening takes: of a store with many objects that was closed, of one whose process was killed under
/// full load, and of one whose catalog is lost.
struct Opening: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "opening", abstract: "O1, R1: opening after a close, after kill -9, without a catalog.")

    @Option(help: "A directory on the disk to measure.") var directory: String = "."
    @Option(help: "How many objects the store has at first.") var objects: Int = 1_000_000
    @Option(help: "Bytes of each.") var bytes: Int = 200
    @Option(help: "Writers at once.") var writers: Int = 64
    @Option(help: "How often each kind of opening is measured.") var rounds: Int = 5
    @Option(help: "How long a process writes before it is killed.") var seconds: Double = 8
    @Option(help: .hidden) var writeInto: String?

    private var body: [UInt8] { [UInt8](repeating: 7, count: bytes) }

    func run() async throws {
        if let writeInto { return try await writeForever(FilePath(writeInto)) }
        let place = FilePath(directory).appending("strongroom-benchmark-\(getpidText())")
        try Directory.create(place)
        defer { Directory.removeTree(place) }
        let path = place.appending("store")
        try await fill(path)
        try await measure("closed", path) {}
        try await measure("killed under load", path) { try await killUnderLoad(path) }
        try await rebuild(path)
    }

    // MARK: The store

    private func fill(_ path: FilePath) async throws {
        let store = try await Store.open(at: path)
        let bucket = try await store.createBucket("bucket")
        let body = body
        let clock = ContinuousClock()
        let start = clock.now
        try await each(0..<objects, writers: writers) { try await bucket.put(ObjectKey("\($0)"), body) }
        let filled = start.duration(to: clock.now) / .seconds(1)
        let closing = clock.now
        try await store.close()
        print(
            "\(objects) objects of \(bytes) bytes in \(pad(filled, 0)) s, closed in "
                + "\(pad(closing.duration(to: clock.now) / .milliseconds(1), 0)) ms")
    }

    /// In a process of its own, which is killed.
    private func writeForever(_ path: FilePath) async throws {
        let bucket = try await Store.open(at: path).bucket("bucket")
        let body = body
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<writers {
                group.addTask {
                    while true { try await bucket.put(ObjectKey("\(UInt64.random(in: 0...UInt64.max))"), body) }
                }
            }
            try await group.waitForAll()
        }
    }

    private func killUnderLoad(_ path: FilePath) async throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        process.arguments = ["opening", "--write-into", path.string, "--bytes", "\(bytes)", "--writers", "\(writers)"]
        process.standardError = FileHandle.nullDevice
        try process.run()
        try await Task.sleep(for: .seconds(seconds))
        // Whatever it is doing now, at another moment of its checkpoints each time.
        try await Task.sleep(for: .milliseconds(Int.random(in: 0..<1_000)))
        guard process.isRunning else { throw Failure("the writer ended by itself") }
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    // MARK: Opening

    private func measure(_ kind: String, _ path: FilePath, after prepare: () async throws -> Void) async throws {
        var took: [Double] = []
        var replayed: [Double] = []
        for _ in 0..<rounds {
            try await prepare()
            let clock = ContinuousClock()
            let start = clock.now
            let store = try await Store.open(at: path)
            took.append(start.duration(to: clock.now) / .milliseconds(1))
            let statistics = try await store.statistics()
            replayed.append(Double(statistics.lastLSN - statistics.checkpointLSN))
            try await store.close()
        }
        print(
            "\(kind): opened in \(pad(median(took), 0)) ms, at most \(pad(took.max() ?? 0, 0)) ms, "
                + "\(pad(median(replayed), 0)) commits beyond the last checkpoint")
    }

    private func rebuild(_ path: FilePath) async throws {
        let before = try await Store.open(at: path)
        let expected = try await objectCount(before)
        try await before.close()
        let catalog = path.appending("catalog")
        for name in try FileManager.default.contentsOfDirectory(atPath: catalog.string) where name.hasSuffix(".mdb") {
            try FileManager.default.removeItem(atPath: catalog.appending(name).string)
        }
        let clock = ContinuousClock()
        let start = clock.now
        _ = try await Store.repair(at: path)
        let repaired = start.duration(to: clock.now) / .seconds(1)
        let again = clock.now
        let store = try await Store.open(at: path)
        let opened = again.duration(to: clock.now) / .milliseconds(1)
        let count = try await objectCount(store)
        guard count == expected else { throw Failure("\(expected) objects were there, \(count) came back") }
        print(
            "catalog lost: rebuilt in \(pad(repaired, 0, decimals: 1)) s, all \(count) objects; then opened in "
                + "\(pad(opened, 0)) ms, at a peak of \(peakMebibytes()) MiB of memory")
        try await store.close()
    }

    /// The statistics count what is in the catalog.
    private func objectCount(_ store: Store) async throws -> UInt64 {
        try await store.checkpoint()
        let statistics = try await store.statistics()
        return statistics.tiny.objectCount + statistics.small.objectCount
    }

    private func peakMebibytes() -> Int {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return usage.ru_maxrss >> 10
    }

    private struct Failure: Error, CustomStringConvertible {
        let description: String
        init(_ description: String) { self.description = description }
    }
}
