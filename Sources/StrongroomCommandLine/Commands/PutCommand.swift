#if CommandLineTool
internal import ArgumentParser
internal import Strongroom

struct PutCommand: StoreCommand {
    static let configuration = CommandConfiguration(commandName: "put", abstract: "Store a file as an object.")

    @Argument(help: "A file; - is standard input.")
    var source: String
    @Argument(help: ArgumentHelp("Where to store it.", valueName: "bucket/key"), transform: ObjectAddress.read)
    var object: ObjectAddress
    @OptionGroup var description: ObjectDescription
    @OptionGroup var conditions: WriteConditionOptions
    @OptionGroup var location: StoreLocation

    func validate() throws {
        try location.checkStandardInput([
            "the source": source, "--sse-c-key-file": description.encryption.sseCKeyFile,
        ])
    }

    func run(on store: Store, _ console: Console) async throws {
        var options = try await description.options()
        options.condition = conditions.condition
        let progress = ProgressDisplay(Progress(title: "put"), console: console)
        defer { progress.finish() }
        let body = try await DescriptorBody(source) { progress.advance(bytes: UInt64($0)) }
        let key = try ObjectKey(object.key)
        let receipt = try await store.bucket(BucketName(object.bucket)).put(key, body, options: options)
        console.emit(ObjectRecord(key: key, receipt), text: "stored \(receipt.text(key))")
    }
}

extension PutReceipt {
    /// For people. The null version is no news to them.
    func text(_ key: ObjectKey) -> String {
        let version = versionID == .null ? "" : ", version \(versionID)"
        return "\(quoted(key.rawValue)), \(HumanUnits.bytes(sizeBytes)), ETag \(etag)\(version)"
    }
}
#endif
