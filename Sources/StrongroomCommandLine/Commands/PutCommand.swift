#if CommandLineTool
internal import ArgumentParser
internal import Strongroom

struct PutCommand: StoreCommand {
    static let configuration = CommandConfiguration(commandName: "put", abstract: "Store a file as an object.")

    @Argument(help: "A file; - is standard input.")
    var source: String
    @Argument(help: ArgumentHelp("Where to store it.", valueName: "bucket/key"))
    var object: ObjectAddress
    @OptionGroup var description: ObjectDescription
    @OptionGroup var location: StoreLocation

    func run(on store: Store, _ console: Console) async throws {
        let progress = ProgressDisplay(Progress(title: "put"), console: console)
        defer { progress.finish() }
        let body = try await DescriptorBody(source) { progress.advance(bytes: UInt64($0)) }
        let key = try ObjectKey(object.key)
        let receipt = try await store.bucket(BucketName(object.bucket)).put(key, body, options: description.options())
        console.emit(
            ObjectRecord(key: key, receipt),
            text: "stored \(quoted(object.key)), \(HumanUnits.bytes(receipt.sizeBytes)), ETag \(receipt.etag)")
    }
}

/// What a put says of the object beside its bytes.
struct ObjectDescription: ParsableArguments {
    @Option(help: "AES256 or none; by default what the bucket says.")
    var sse: SSEArgument?
    @Option(help: "The content type, kept encrypted.")
    var contentType: String?
    @Option(help: ArgumentHelp("Metadata of your own, kept encrypted; may be repeated.", valueName: "name=value"))
    var metadata: [MetadataPair] = []

    func options() throws -> PutOptions {
        var pairs: [String: String] = [:]
        for pair in metadata {
            guard pairs.updateValue(pair.value, forKey: pair.name) == nil else {
                throw ValidationError("--metadata \(quoted(pair.name)) is given twice.")
            }
        }
        return PutOptions(encryption: sse?.asRequest ?? .bucketDefault, contentType: contentType, metadata: pairs)
    }
}

struct MetadataPair: ExpressibleByArgument, Equatable {
    var name: String
    var value: String

    init?(argument: String) {
        guard let equals = argument.firstIndex(of: "="), equals > argument.startIndex else { return nil }
        name = String(argument[..<equals])
        value = String(argument[argument.index(after: equals)...])
    }
}
#endif
