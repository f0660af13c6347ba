#if CommandLineTool
internal import ArgumentParser
internal import FoundationEssentials
internal import Strongroom

struct ChangesCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "changes", abstract: "Print what was changed, in the order of the commits, up to the present.",
        discussion: """
            A consumer keeps its place in the store: what was printed for it is not printed again. A run that is killed \
            in the middle prints some of it once more the next time; each line has its position, to tell by.
            """)

    @Option(
        help:
            "Go on where this consumer is, and note how far it came. Made where there is none, behind --after or here.")
    var consumer: String?
    @Option(help: ArgumentHelp("Begin behind this position, as a line has it.", valueName: "position"))
    var after: String?
    @Option(help: "At most this many lines.")
    var limit: UInt64?
    @OptionGroup var location: StoreLocation

    /// An acknowledgement is a commit: one for so many lines, and one at the end.
    private static let acknowledgedAtOnce = 100

    func validate() throws {
        guard consumer != nil || after != nil else {
            throw ValidationError("Name a --consumer, or a position to begin behind: --after.")
        }
    }

    func run(on store: Store, _ console: Console) async throws {
        let start = try after.map { try Position($0) }
        guard let consumer else {
            try await print(store.changes(after: start, through: store.position()), console) { _ in }
            return
        }
        let reader = try await store.consumer(named: consumer, startingAfter: start)
        try await check(start, consumer, of: store)
        var acknowledged: Position?
        var last: Position?
        var count = 0
        try await print(reader.changes(through: store.position()), console) { position in
            last = position
            count += 1
            guard count.isMultiple(of: Self.acknowledgedAtOnce) else { return }
            try await reader.acknowledge(position)
            acknowledged = position
        }
        if let last, last != acknowledged { try await reader.acknowledge(last) }
    }

    /// A consumer that there was goes on where it is, and not where the options say: that is told, not passed over.
    private func check(_ start: Position?, _ name: String, of store: Store) async throws {
        guard let start, let known = try await store.listConsumers().first(where: { $0.name == name }),
            known.position != start
        else { return }
        throw CommandFailure(
            .consumerExists,
            "The consumer \(quoted(name)) is at \(known.position) already. Leave --after out to go on there, or remove it "
                + "with `consumer remove` to begin elsewhere.")
    }

    /// - Parameter printed: called behind each line.
    private func print(
        _ feed: ChangeFeed, _ console: Console, _ printed: (Position) async throws -> Void
    ) async throws {
        var left = limit ?? .max
        guard left > 0 else { return }
        for try await change in feed {
            console.emit(ChangeRecord(change), text: Self.text(change))
            try await printed(change.position)
            left -= 1
            if left == 0 { break }
        }
    }

    private static func text(_ change: Change) -> String {
        let place = change.key.map { "\(change.bucket)/\($0.rawValue)" } ?? change.bucket.rawValue
        return "\(change.time.formatted(.iso8601)) \(change.kind) \(quoted(place)) behind \(change.position)"
    }
}

/// A line of `changes`.
struct ChangeRecord: Codable, Equatable {
    /// As `Change.Kind` has it: `objectStored`, `versionRemoved` and so on.
    var event: String
    var bucket: String
    var key: String?
    var versionId: String?
    var time: Date
    var lsn: UInt64
    /// Behind this change: what `--after` takes.
    var position: String

    init(_ change: Change) {
        event = change.kind.description
        bucket = change.bucket.rawValue
        key = change.key?.rawValue
        versionId = change.versionID?.description
        time = change.time
        lsn = change.lsn
        position = change.position.description
    }
}
#endif
