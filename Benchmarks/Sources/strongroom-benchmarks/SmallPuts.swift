import ArgumentParser
import Strongroom
import SystemPackage

/// P1: 200-byte puts by 1, 16 and 64 writers, beside the disk's own rate of synced writes.
///
/// The engine and the probe take turns (A B A B); the ratio is the median of the pairs. When the probe's
/// median sync takes more than 200 µs, the machine is busy with something else and the run is void.
struct SmallPuts: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "small-puts", abstract: "P1: 200-byte puts, 1, 16, 64 writers.")

    @Option(help: "A directory on the disk to measure.") var directory: String = "."
    @Option(help: "Bytes of each object.") var bytes: Int = 200
    @Option(parsing: .upToNextOption, help: "How many writers, for each row.") var writers: [Int] = [1, 16, 64]
    @Option(help: "Pairs of engine and probe for each number of writers.") var pairs: Int = 5
    @Option(help: "Seconds of each half of a pair.") var seconds: Double = 4
    @Option(help: "The memtable's limit; a small one makes checkpoints come often.") var memtableMebibytes: Int = 16

    @Option(help: "StoreOptions.loneCommitSpinMicroseconds.") var spinMicroseconds: Int = 0

    static let busyMicroseconds = 200.0

    func run() async throws {
        let place = FilePath(directory).appending("strongroom-benchmark-\(getpidText())")
        try Directory.create(place)
        defer { Directory.removeTree(place) }
        let probe = try SyncProbe(in: place)
        var options = StoreOptions()
        options.memtableLimitBytes = memtableMebibytes << 20
        options.loneCommitSpinMicroseconds = spinMicroseconds
        let store = try await Store.open(at: place.appending("store"), options: options)
        let bucket = try await store.createBucket("benchmark")
        print("writers   puts/s    syncs/s   puts per sync   median sync µs   processor µs a put   checkpoints")
        var rates: [Int: Double] = [:]
        var isVoid = false
        for writers in writers {
            let row = try await measure(writers, bucket, probe, store)
            rates[writers] = row.putsPerSecond
            isVoid = isVoid || row.medianMicroseconds > Self.busyMicroseconds
            print(
                "\(pad(writers, 7)) \(pad(row.putsPerSecond, 8)) \(pad(row.syncsPerSecond, 10)) "
                    + "\(pad(row.ratio, 15, decimals: 2)) \(pad(row.medianMicroseconds, 16)) "
                    + "\(pad(row.processorMicroseconds, 20)) \(pad(row.checkpoints, 13))"
            )
        }
        if let one = rates[1], let many = rates[64] {
            print("64 writers against one: \(pad(many / one, 0, decimals: 1)) times")
        }
        try await store.close()
        if isVoid {
            print(
                "VOID: a sync took more than \(Int(Self.busyMicroseconds)) µs; the machine is busy otherwise."
            )
            throw ExitCode(2)
        }
    }

    private struct Row {
        var putsPerSecond: Double
        var syncsPerSecond: Double
        var ratio: Double
        var medianMicroseconds: Double
        /// Of all threads, for each put.
        var processorMicroseconds: Double
        var checkpoints: Int
    }

    private func measure(_ writers: Int, _ bucket: Bucket, _ probe: SyncProbe, _ store: Store) async throws -> Row {
        var engine: [Double] = []
        var syncs: [Double] = []
        var medians: [Double] = []
        var processor: [Double] = []
        let before = try await store.statistics().checkpointCount
        for pair in 0..<pairs {
            let (syncRate, median) = try probe.run(seconds: seconds)
            syncs.append(syncRate)
            medians.append(median)
            let used = processorSeconds()
            let rate = try await puts(writers, bucket, round: pair)
            processor.append((processorSeconds() - used) * 1e6 / (rate * seconds))
            engine.append(rate)
        }
        let after = try await store.statistics().checkpointCount
        return Row(
            putsPerSecond: median(engine), syncsPerSecond: median(syncs),
            ratio: median(zip(engine, syncs).map { $0 / $1 }),
            medianMicroseconds: median(medians), processorMicroseconds: median(processor),
            checkpoints: Int(after - before))
    }

    /// Puts per second of `writers` tasks that each wait for their own put.
    private func puts(_ writers: Int, _ bucket: Bucket, round: Int) async throws -> Double {
        let clock = ContinuousClock()
        let body = [UInt8](repeating: 0xA5, count: bytes)
        let start = clock.now
        let end = start.advanced(by: .seconds(seconds))
        let total = try await withThrowingTaskGroup(of: Int.self) { group in
            for writer in 0..<writers {
                group.addTask {
                    var count = 0
                    while clock.now < end {
                        try await bucket.put("\(round)/\(writer)/\(count)", body)
                        count += 1
                    }
                    return count
                }
            }
            return try await group.reduce(0, +)
        }
        return Double(total) / (start.duration(to: clock.now) / .seconds(1))
    }
}
