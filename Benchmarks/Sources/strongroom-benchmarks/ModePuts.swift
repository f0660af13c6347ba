import ArgumentParser
import Strongroom
import StrongroomKMSKeys
import StrongroomKeys
import SystemPackage

/// K1: puts per second of each mode of encryption beside those of SSE-S3, and how often the key service is asked.
///
/// The modes take turns (A B C D A B C D), each with the probe before it; a mode's ratio is the median over its turns
/// of its rate by that of SSE-S3 in the same turn.
struct ModePuts: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mode-puts", abstract: "K1: puts of 4 KiB by 64 writers under each mode of encryption.")

    @Option(help: "A directory on the disk to measure.") var directory: String = "."
    @Option(help: "Bytes of each object.") var bytes: Int = 4_096
    @Option(help: "How many writers.") var writers: Int = 64
    @Option(help: "Turns of each mode.") var turns: Int = 5
    @Option(help: "Seconds of each mode in a turn.") var seconds: Double = 3

    private struct Mode {
        var name: String
        var request: EncryptionRequest
        var rates: [Double] = []
        var ratios: [Double] = []
        var serviceCalls: [Double] = []
    }

    func run() async throws {
        let place = FilePath(directory).appending("strongroom-benchmark-\(getpidText())")
        try Directory.create(place)
        defer { Directory.removeTree(place) }
        let probe = try SyncProbe(in: place)
        var options = StoreOptions()
        options.keyService = KeyServiceOptions(.linked(KMSKeys.table))
        let store = try await Store.open(at: place.appending("store"), options: options)
        let bucket = try await store.createBucket("benchmark", allowing: [.customerKeys])
        var modes = [
            Mode(name: "SSE-S3", request: .s3Managed),
            Mode(name: "SSE-KMS, Bucket Key", request: .kms(bucketKey: true)),
            Mode(name: "SSE-KMS", request: .kms()), Mode(name: "SSE-C", request: .customerKey(try .random())),
            Mode(name: "none", request: .none),
        ]
        var medians: [Double] = []
        for turn in 0..<turns {
            for index in modes.indices {
                medians.append(try probe.run(seconds: 0.5).medianMicroseconds)
                let before = try await Self.serviceCalls(store)
                let (rate, count) = try await puts(modes[index].request, bucket, "\(turn)/\(index)")
                let calls = try await Self.serviceCalls(store) - before
                modes[index].rates.append(rate)
                modes[index].ratios.append(rate / modes[0].rates[turn])
                modes[index].serviceCalls.append(Double(calls) * 1_000 / Double(count))
            }
        }
        print("mode                   puts/s   of SSE-S3   calls of the key service for 1,000 puts")
        for mode in modes {
            let name = mode.name + String(repeating: " ", count: 20 - mode.name.count)
            print(
                "\(name) \(pad(median(mode.rates), 8)) \(pad(median(mode.ratios), 11, decimals: 2)) "
                    + "\(pad(median(mode.serviceCalls), 12, decimals: 1))")
        }
        print("median sync: \(Int(median(medians))) µs")
        try await store.close()
        if median(medians) > SmallPuts.busyMicroseconds {
            print("VOID: a sync took more than \(Int(SmallPuts.busyMicroseconds)) µs; the machine is busy otherwise.")
            throw ExitCode(2)
        }
    }

    /// How often the service has made or opened a key so far, as it says itself.
    private static func serviceCalls(_ store: Store) async throws -> Int {
        let answer = String(
            decoding: try await store.controlKeyService(Array(#"{"operation":"status"}"#.utf8)), as: UTF8.self)
        return ["GenerateDataKey", "Decrypt"].reduce(0) { sum, name in
            guard let start = answer.firstRange(of: "\"\(name)\":") else { return sum }
            return sum + (Int(answer[start.upperBound...].prefix { $0.isNumber }) ?? 0)
        }
    }

    private func puts(
        _ request: EncryptionRequest, _ bucket: Bucket, _ prefix: String
    ) async throws -> (rate: Double, count: Int) {
        let clock = ContinuousClock()
        let body = [UInt8](repeating: 0xA5, count: bytes)
        let start = clock.now
        let end = start.advanced(by: .seconds(seconds))
        let total = try await withThrowingTaskGroup(of: Int.self) { group in
            for writer in 0..<writers {
                group.addTask {
                    var count = 0
                    while clock.now < end {
                        try await bucket.put(
                            "\(prefix)/\(writer)/\(count)", body, options: PutOptions(encryption: request))
                        count += 1
                    }
                    return count
                }
            }
            return try await group.reduce(0, +)
        }
        return (Double(total) / (start.duration(to: clock.now) / .seconds(1)), total)
    }
}
