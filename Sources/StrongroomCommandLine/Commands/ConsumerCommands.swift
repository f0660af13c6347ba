#if CommandLineTool
internal import ArgumentParser
internal import FoundationEssentials
internal import Strongroom

struct ConsumerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "consumer", abstract: "List and remove the durable consumers of the store's changes.",
        discussion: "What a consumer has not read yet is kept for it, and takes space.",
        subcommands: [List.self, Remove.self])

    struct List: StoreCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the consumers, how far each came and how many commits are behind that.")

        @OptionGroup var location: StoreLocation

        func run(on store: Store, _ console: Console) async throws {
            for consumer in try await store.listConsumers() {
                let came =
                    consumer.isOutdated
                    ? "from before a restore: it has to begin anew, with --after, or to be removed"
                    : "\(consumer.lagCommits) commits behind"
                let text =
                    "\(consumer.acknowledged.formatted(.iso8601)) \(quoted(consumer.name)) at \(consumer.position), "
                    + came
                console.emit(ConsumerRecord(consumer), text: text)
            }
        }
    }

    struct Remove: StoreCommand {
        static let configuration = CommandConfiguration(abstract: "Remove a consumer: nothing is kept for it any more.")

        @Argument(help: "The consumer.")
        var name: String
        @OptionGroup var location: StoreLocation

        func run(on store: Store, _ console: Console) async throws {
            guard try await store.listConsumers().contains(where: { $0.name == name }) else {
                throw CommandFailure(.notFound, "There is no consumer \(quoted(name)); `consumer list` lists them.")
            }
            try await store.removeConsumer(named: name)
            console.emit(["name": name], text: "removed the consumer \(quoted(name))")
        }
    }
}

/// A line of `consumer list`.
struct ConsumerRecord: Codable, Equatable {
    var name: String
    var position: String
    var acknowledged: Date
    var lagCommits: UInt64
    var isOutdated: Bool

    init(_ consumer: ConsumerInfo) {
        name = consumer.name
        position = consumer.position.description
        acknowledged = consumer.acknowledged
        lagCommits = consumer.lagCommits
        isOutdated = consumer.isOutdated
    }
}
#endif
