#if CommandLineTool
internal import ArgumentParser
internal import Strongroom

struct TagCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "tag", abstract: "Show or replace the tags of an object.",
        discussion: "Tags change without the object: its version, ETag and time stay.")

    @Argument(help: ArgumentHelp("The object.", valueName: "bucket/key"), transform: ObjectAddress.read)
    var object: ObjectAddress
    @Option(
        help: ArgumentHelp("A tag; may be repeated. Tags that are not named go, as in S3.", valueName: "name=value"))
    var set: [PairArgument] = []
    @Flag(help: "No tags any more.")
    var clear = false
    @OptionGroup var version: VersionOption
    @OptionGroup var location: StoreLocation

    func validate() throws {
        if clear && !set.isEmpty { throw ValidationError("--set and --clear exclude each other.") }
        _ = try PairArgument.dictionary(set, of: "--set")
    }

    func run(on store: Store, _ console: Console) async throws {
        let bucket = store.bucket(try BucketName(object.bucket))
        let key = try ObjectKey(object.key)
        let version = try version.version()
        let tags: ObjectTags
        if clear || !set.isEmpty {
            tags = try ObjectTags(PairArgument.dictionary(set, of: "--set"))
            try await bucket.setTags(tags, of: key, version: version)
        } else {
            tags = try await bucket.tags(of: key, version: version).tags
        }
        let record = TagRecord(key: key.rawValue, versionId: version?.description, tags: tags.values)
        console.emit(record, text: Self.text(tags))
    }

    private static func text(_ tags: ObjectTags) -> String {
        guard !tags.values.isEmpty else { return "no tags" }
        return tags.values.sorted { $0.key < $1.key }.map { "\(quoted($0.key)) = \(quoted($0.value))" }
            .joined(separator: "\n")
    }
}
#endif
