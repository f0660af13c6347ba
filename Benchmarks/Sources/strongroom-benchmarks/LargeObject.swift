import ArgumentParser
import Strongroom
import SystemPackage

/// P3: one large object in and out, with the memory that it takes: RssAnon plus locked memory, whose
/// highest value is taken while the object streams. Every byte is compared.
struct LargeObject: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "large-object", abstract: "P3: one large object in and out, with its memory.")

    @Option(help: "A directory on the disk to measure.") var directory: String = "."
    @Option(help: "Size of the object.") var mebibytes: Int = 5 * 1_024
    @Option(help: "The memtable's limit.") var memtableMebibytes: Int = 16
    @Option(help: "Fails when the memory is more than this.") var limitMebibytes: Int = 64

    func run() async throws {
        let place = FilePath(directory).appending("strongroom-benchmark-\(getpidText())")
        try Directory.create(place)
        defer { Directory.removeTree(place) }
        var options = StoreOptions()
        options.memtableLimitBytes = memtableMebibytes << 20
        let store = try await Store.open(at: place.appending("store"), options: options)
        let bucket = try await store.createBucket("benchmark")
        let total = UInt64(mebibytes) << 20
        let clock = ContinuousClock()
        let memory = MemoryPeak()

        let putTook = try await clock.measure {
            try await bucket.put("large", PatternBody(lengthBytes: total, memory: memory), lengthBytes: total)
        }
        report("put", total, putTook, memory)
        let getTook = try await clock.measure {
            var pattern = Pattern()
            var count: UInt64 = 0
            for try await slice in try await bucket.get("large") {
                guard pattern.matches(slice) else { throw Mismatch(offset: count) }
                count += UInt64(slice.count)
                memory.look(every: slice.count)
            }
            guard count == total else { throw Mismatch(offset: count) }
        }
        report("get", total, getTook, memory)
        try await store.close()
        print("highest RssAnon plus locked memory: \(memory.peakKibibytes / 1_024) MiB (limit \(limitMebibytes))")
        guard memory.peakKibibytes <= limitMebibytes * 1_024 else { throw ExitCode(1) }
    }

    private func report(_ name: String, _ total: UInt64, _ took: Duration, _ memory: MemoryPeak) {
        let rate = Double(total) / 1_048_576 / (took / .seconds(1))
        print("\(name) \(mebibytes) MiB: \(pad(rate, 0)) MiB/s, memory so far \(memory.peakKibibytes / 1_024) MiB")
    }
}

struct Mismatch: Error { var offset: UInt64 }

/// Bytes that differ from place to place and cost next to nothing to make.
struct Pattern {
    private var word: UInt64 = 0
    private var pending: [UInt8] = []

    mutating func next(_ count: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            for index in stride(from: 0, to: count, by: 8) {
                word &+= 0x9E37_79B9_7F4A_7C15
                withUnsafeBytes(of: word) { source in
                    for byte in 0..<min(8, count - index) { buffer[index + byte] = source[byte] }
                }
            }
            initialized = count
        }
    }

    mutating func matches(_ slice: ArraySlice<UInt8>) -> Bool {
        while pending.count < slice.count { pending += next(65_536) }
        defer { pending.removeFirst(slice.count) }
        return pending[..<slice.count].elementsEqual(slice)
    }
}

struct PatternBody: AsyncSequence {
    typealias Element = ArraySlice<UInt8>
    var lengthBytes: UInt64
    var memory: MemoryPeak

    struct AsyncIterator: AsyncIteratorProtocol {
        var body: PatternBody
        var pattern = Pattern()
        var given: UInt64 = 0

        mutating func next() async -> ArraySlice<UInt8>? {
            guard given < body.lengthBytes else { return nil }
            let count = Int(Swift.min(65_536, body.lengthBytes - given))
            given += UInt64(count)
            body.memory.look(every: count)
            return pattern.next(count)[...]
        }
    }

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator(body: self) }
}

/// The highest RssAnon plus VmLck of this process, looked at every 16 MiB of traffic.
final class MemoryPeak {
    private(set) var peakKibibytes = 0
    private var sinceLook = 0

    func look(every bytes: Int) {
        sinceLook += bytes
        guard sinceLook >= 16 << 20 else { return }
        sinceLook = 0
        guard let status = try? procStatus() else { return }
        peakKibibytes = max(peakKibibytes, status.anonymousKibibytes + status.lockedKibibytes)
    }
}

/// What /proc/self/status says of memory.
func procStatus() throws -> (anonymousKibibytes: Int, lockedKibibytes: Int) {
    let descriptor = try FileDescriptor.open("/proc/self/status", .readOnly)
    defer { try? descriptor.close() }
    var bytes = [UInt8](repeating: 0, count: 16_384)
    let count = try bytes.withUnsafeMutableBytes { try descriptor.read(into: $0) }
    var found: [Substring: Int] = [:]
    for line in String(decoding: bytes.prefix(count), as: UTF8.self).split(separator: "\n") {
        let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" })
        if words.count >= 2, let number = Int(words[1]) { found[words[0]] = number }
    }
    return (found["RssAnon:"] ?? 0, found["VmLck:"] ?? 0)
}
