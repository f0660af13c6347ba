import ArgumentParser
import Glibc
import Strongroom
import SystemPackage

/// What an application gets that asks the store itself: what the server's rates are held against.
///
/// As many tasks as the server has connections, each of which waits for its own request. Prints requests a second.
struct Requests: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "requests", abstract: "Puts, gets, or a disk's own writes, for comparisons with a server.")

    enum Kind: String, ExpressibleByArgument, CaseIterable {
        case get, put
        /// A file of that size, written and synced, one after the other: what the disk takes at most.
        case disk
    }

    @Argument(help: "What is asked for.") var kind: Kind
    @Option(help: "A directory on the disk to measure.") var directory: String = "."
    @Option(help: "Bytes of each object.") var bytes: Int = 4_096
    @Option(help: "How many objects there are.") var objects: Int = 1_000
    @Option(help: "How many tasks ask at once.") var tasks: Int = 64
    @Option(help: "For how many seconds.") var seconds: Double = 5

    func run() async throws {
        let place = FilePath(directory).appending("strongroom-benchmark-\(getpidText())")
        try Directory.create(place)
        defer { Directory.removeTree(place) }
        let body = [UInt8](repeating: 0xA5, count: bytes)
        if kind == .disk { return print(pad(try diskRate(place, body), 0, decimals: 2)) }
        let store = try await Store.open(at: place.appending("store"))
        let bucket = try await store.createBucket("benchmark")
        if kind == .get {
            try await each(0..<objects, writers: 16) { number in try await bucket.put("\(number)", body) }
        }
        print(pad(try await rate(bucket, body), 0, decimals: 2))
        try await store.close()
    }

    private func rate(_ bucket: Bucket, _ body: [UInt8]) async throws -> Double {
        let clock = ContinuousClock()
        let start = clock.now
        let end = start.advanced(by: .seconds(seconds))
        let total = try await withThrowingTaskGroup(of: Int.self) { group in
            for task in 0..<tasks {
                group.addTask {
                    var count = 0
                    while clock.now < end {
                        let key = "\((count * tasks + task) % objects)"
                        if kind == .put {
                            try await bucket.put(ObjectKey(key), body)
                        } else {
                            var length = 0
                            for try await slice in try await bucket.get(ObjectKey(key)) { length += slice.count }
                            guard length == bytes else { throw Mismatch(offset: UInt64(length)) }
                        }
                        count += 1
                    }
                    return count
                }
            }
            return try await group.reduce(0, +)
        }
        return Double(total) / (start.duration(to: clock.now) / .seconds(1))
    }

    private func diskRate(_ place: FilePath, _ body: [UInt8]) throws -> Double {
        let clock = ContinuousClock()
        let start = clock.now
        var count = 0
        while start.duration(to: clock.now) < .seconds(seconds) {
            let file = try FileDescriptor.open(
                place.appending("\(count % objects)"), .writeOnly, options: [.create, .truncate],
                permissions: [.ownerReadWrite])
            try file.closeAfter {
                try file.writeAll(body)
                guard fdatasync(file.rawValue) == 0 else { throw Errno(rawValue: errno) }
            }
            count += 1
        }
        return Double(count) / (start.duration(to: clock.now) / .seconds(1))
    }
}
