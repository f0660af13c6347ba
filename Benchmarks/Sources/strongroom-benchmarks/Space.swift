import ArgumentParser
import Foundation
import Strongroom
import SystemPackage

/// S1 and P4: what a store takes on the disk beside what lives in it, when nine objects of ten are deleted, and while
/// a data set is overwritten ten times, by Zipf's law.
struct Space: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "space", abstract: "S1, P4: space of deleted and of overwritten objects.")

    @Option(help: "A directory on the disk to measure.") var directory: String = "."
    @Option(help: "How many objects.") var objects: Int = 100_000
    @Option(help: "Bytes of each.") var bytes: Int = 4_096
    @Option(help: "Writers at once.") var writers: Int = 16
    @Option(help: "How many times the data set is overwritten.") var rounds: Int = 10

    func run() async throws {
        let place = FilePath(directory).appending("strongroom-benchmark-\(getpidText())")
        try Directory.create(place)
        defer { Directory.removeTree(place) }
        try await deleteMost(place.appending("deleted"))
        try await overwrite(place.appending("overwritten"))
    }

    // MARK: S1

    private func deleteMost(_ path: FilePath) async throws {
        let store = try await Store.open(at: path)
        let bucket = try await store.createBucket("bucket")
        let body = [UInt8](repeating: 7, count: bytes)
        try await each(0..<objects, writers: writers) { try await bucket.put(Self.key($0), body) }
        try await store.checkpoint()
        try await tell("S1 all there", store, path)
        try await each(0..<objects, writers: writers) { if $0 % 10 != 0 { try await bucket.delete(Self.key($0)) } }
        try await store.checkpoint()
        try await tell("S1 nine of ten deleted", store, path)
        let clock = ContinuousClock()
        let start = clock.now
        try await settle(store)
        try await tell("S1 by itself, after \(seconds(start.duration(to: clock.now))) s", store, path)
        let again = clock.now
        try await store.compact()
        try await tell("S1 by hand, after \(seconds(again.duration(to: clock.now))) s", store, path)
        try await store.close()
    }

    /// Waits until compaction has nothing more to do.
    private func settle(_ store: Store) async throws {
        var seen = try await store.statistics().compaction
        var quiet = 0
        while quiet < 4 {
            try await Task.sleep(for: .seconds(1))
            let now = try await store.statistics().compaction
            quiet = now == seen ? quiet + 1 : 0
            seen = now
        }
    }

    // MARK: P4

    private func overwrite(_ path: FilePath) async throws {
        let store = try await Store.open(at: path)
        let bucket = try await store.createBucket("bucket")
        let body = [UInt8](repeating: 7, count: bytes)
        let zipf = Zipf(count: objects, exponent: 0.99)
        try await each(0..<objects, writers: writers) { try await bucket.put(Self.key($0), body) }
        try await tell("P4 written once", store, path)
        let clock = ContinuousClock()
        for round in 1...rounds {
            let start = clock.now
            let moved = try await store.statistics().compaction.movedBytes
            try await each(0..<objects, writers: writers) { _ in
                // Neighbours by rank are none by key.
                try await bucket.put(Self.key(zipf.next() &* 7_919 % objects), body)
            }
            let rate = Double(objects) / (start.duration(to: clock.now) / .seconds(1))
            let amplification =
                Double(try await store.statistics().compaction.movedBytes - moved)
                / Double(objects * bytes)
            try await tell(
                "P4 round \(round): \(Int(rate))/s, \(pad(amplification, 0, decimals: 2)) times moved", store, path)
        }
        try await settle(store)
        try await tell("P4 at rest", store, path)
        try await store.close()
    }

    // MARK: Both

    private static func key(_ number: Int) -> ObjectKey { "\(number)" }

    private func seconds(_ duration: Duration) -> String { pad(duration / .seconds(1), 0, decimals: 1) }

    private func tell(_ moment: String, _ store: Store, _ path: FilePath) async throws {
        let statistics = try await store.statistics()
        let live = statistics.tiny.storedBytes + statistics.small.storedBytes + statistics.large.storedBytes
        let segments = statistics.segments.reduce(0) { $0 + $1.sizeBytes }
        let all = try occupiedBytes(path)
        func times(_ bytes: UInt64) -> String { pad(Double(bytes) / Double(max(live, 1)), 0, decimals: 2) }
        print(
            "\(moment): live \(live >> 20) MiB; segments \(segments >> 20) MiB (\(times(segments))), "
                + "prepared \(statistics.preparedBytes >> 20) MiB, store \(all >> 20) MiB (\(times(all)))")
        if let failure = statistics.compactionFailure { print("  compaction: \(failure)") }
    }

    /// What all files below take of the disk.
    private func occupiedBytes(_ path: FilePath) throws -> UInt64 {
        var bytes: UInt64 = 0
        for name in try FileManager.default.subpathsOfDirectory(atPath: path.string) {
            var status = stat()
            // Files come and go meanwhile.
            guard stat(path.appending(name).string, &status) == 0 else { continue }
            bytes += UInt64(status.st_blocks) * 512
        }
        return bytes
    }
}

/// Ranks by Zipf's law: the first is drawn most often.
private struct Zipf: Sendable {
    private let sums: [Double]

    init(count: Int, exponent: Double) {
        var sum = 0.0
        sums = (1...count).map { rank in
            sum += 1 / pow(Double(rank), exponent)
            return sum
        }
    }

    func next() -> Int {
        let target = Double.random(in: 0..<sums[sums.count - 1])
        var (low, high) = (0, sums.count - 1)
        while low < high {
            let middle = (low + high) / 2
            if sums[middle] > target { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
