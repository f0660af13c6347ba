import ArgumentParser
import Strongroom
import SystemPackage

/// L1: a page of 1,000 keys out of very many: at the start, in the middle, behind a prefix, rolled up by a
/// delimiter, and behind as many delete markers. Each costs the same, whatever the bucket holds: the ratio to the
/// first is printed.
struct Listing: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "listing", abstract: "L1: pages of 1,000 keys out of very many.")

    @Option(help: "A directory on the disk to measure.") var directory: String = "."
    @Option(help: "How many objects, and how many delete markers.") var objects: Int = 1_000_000
    @Option(help: "Pages measured of each kind.") var pages: Int = 50

    private static let writers = 64
    private static let keysPerFolder = 1_000

    func run() async throws {
        let place = FilePath(directory).appending("strongroom-benchmark-\(getpidText())")
        try Directory.create(place)
        defer { Directory.removeTree(place) }
        let store = try await Store.open(at: place.appending("store"))
        let plain = try await store.createBucket("plain")
        try await fill(plain)
        let marked = try await store.createBucket("marked", versioning: .enabled)
        for number in 0..<10 * Self.keysPerFolder { try await marked.put(Self.key(objects + number), [1]) }
        try await deleteAll(in: marked)
        try await store.checkpoint()

        let middle = Self.key(objects / 2).rawValue
        let folder = String(middle.prefix { $0 != "/" }) + "/"
        let first = try await measure("at the start", nil) { try await plain.list() }
        _ = try await measure("in the middle", first) { try await plain.list(ListOptions(startAfter: middle)) }
        _ = try await measure("behind a prefix", first) { try await plain.list(ListOptions(prefix: folder)) }
        _ = try await measure("behind markers", first) { try await marked.list() }
        _ = try await measure("rolled up", nil) {
            try await plain.list(ListOptions(delimiter: "/", startAfter: middle))
        }
        try await store.close()
    }

    /// Keys whose order is that of their numbers, a thousand to a folder.
    private static func key(_ number: Int) -> ObjectKey {
        let (folder, name) = number.quotientAndRemainder(dividingBy: keysPerFolder)
        return "\(digits(folder))/\(digits(name))"
    }

    private static func digits(_ number: Int) -> String { String(String(10_000_000 + number).dropFirst()) }

    private func fill(_ bucket: Bucket) async throws {
        try await each { number in try await bucket.put(Self.key(number), [1]) }
    }

    /// A delete of what is not there leaves a marker, too.
    private func deleteAll(in bucket: Bucket) async throws {
        try await each { number in try await bucket.delete(Self.key(number)) }
    }

    private func each(_ body: @escaping @Sendable (Int) async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<Self.writers {
                group.addTask {
                    for number in stride(from: writer, to: objects, by: Self.writers) { try await body(number) }
                }
            }
            try await group.waitForAll()
        }
    }

    /// The median page in milliseconds.
    private func measure(
        _ name: String, _ first: Double?, _ list: () async throws -> ListPage
    ) async throws -> Double {
        let clock = ContinuousClock()
        var took: [Double] = []
        var entries = 0
        for _ in 0..<pages {
            let start = clock.now
            let page = try await list()
            took.append(start.duration(to: clock.now) / .milliseconds(1))
            entries = page.objects.count + page.commonPrefixes.count
        }
        let result = median(took)
        let ratio = first.map { " (\(pad(result / $0, 0, decimals: 2)) times the first)" } ?? ""
        print("\(name): \(entries) entries in \(pad(result, 0, decimals: 2)) ms\(ratio)")
        return result
    }
}
