#if CommandLineTool
internal import ArgumentParser
internal import Strongroom

extension LifecycleCommand {
    struct Put: StoreCommand {
        static let configuration = CommandConfiguration(
            abstract: "Give a bucket rules, in place of those that it has.",
            discussion: """
                The file is JSON as the AWS command line takes it: {"Rules": [{"ID": "old", "Status": "Enabled", \
                "Filter": {"Prefix": "log/"}, "Expiration": {"Days": 30}}]}
                """)

        @Argument(help: "The bucket.")
        var bucket: String
        @Argument(help: "The file with the rules; - is standard input.")
        var file: String
        @OptionGroup var location: StoreLocation

        func validate() throws { try location.checkStandardInput(["the rules": file]) }

        func run(on store: Store, _ console: Console) async throws {
            let rules = try LifecycleFile.read(try await TextFile.contents(of: file)).configuration()
            try await store.bucket(try BucketName(bucket)).setLifecycle(rules)
            let count = UInt64(rules.rules.count)
            console.emit(
                LifecycleRecord(bucket: bucket, rules: count), text: "\(bucket) has \(HumanUnits.count(count)) rules")
        }
    }

    struct Show: StoreCommand {
        static let configuration = CommandConfiguration(abstract: "Show the rules of a bucket, as JSON.")

        @Argument(help: "The bucket.")
        var bucket: String
        @OptionGroup var location: StoreLocation

        func run(on store: Store, _ console: Console) async throws {
            guard let rules = try await store.bucket(try BucketName(bucket)).lifecycle() else {
                throw CommandFailure(.notFound, "\(bucket) has no rules; `lifecycle put` gives it some")
            }
            let line = JSONLines.encode(LifecycleFile(rules)).dropLast()
            console.emit(json: Array(line), text: String(decoding: line, as: UTF8.self))
        }
    }

    struct Remove: StoreCommand {
        static let configuration = CommandConfiguration(abstract: "Take a bucket's rules away.")

        @Argument(help: "The bucket.")
        var bucket: String
        @OptionGroup var location: StoreLocation

        func run(on store: Store, _ console: Console) async throws {
            let receipt = try await store.bucket(try BucketName(bucket)).setLifecycle(nil)
            guard receipt.lsn != nil else {
                throw CommandFailure(.notFound, "\(bucket) has no rules; `lifecycle put` gives it some")
            }
            console.emit(LifecycleRecord(bucket: bucket, rules: 0), text: "\(bucket) has no rules any more")
        }
    }
}

/// What `lifecycle put` and `lifecycle remove` print.
struct LifecycleRecord: Codable, Equatable {
    var bucket: String
    /// How many it has now.
    var rules: UInt64
}
#endif
