#if CommandLineTool
internal import ArgumentParser
internal import Strongroom

struct EncryptionCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "encryption", abstract: "Change how objects that are there are encrypted.",
        subcommands: [Update.self])

    struct Update: StoreCommand {
        static let configuration = CommandConfiguration(
            abstract: "Put an object under a key of the key service, or under another one, in place.",
            discussion: """
                No byte of it is moved, and version, ETag, time and checksums stay. So does its data key: to be rid of \
                that, copy the object onto itself. Refused for what is not encrypted or under a customer key, and \
                while object lock protects the version.
                """)

        @Argument(help: ArgumentHelp("The object.", valueName: "bucket/key"))
        var object: ObjectAddress
        @Option(help: "The key's id, alias or ARN; by default the key service's own default key.")
        var sseKmsKeyId: String?
        @Option(
            help: ArgumentHelp("Bound to the data key, and visible; may be repeated.", valueName: "name=value"))
        var encryptionContext: [PairArgument] = []
        @Flag(help: "Spare the key service by a Bucket Key.")
        var bucketKey = false
        @OptionGroup var version: VersionOption
        @OptionGroup var location: StoreLocation

        func validate() throws { _ = try PairArgument.dictionary(encryptionContext, of: "--encryption-context") }

        func run(on store: Store, _ console: Console) async throws {
            let bucket = store.bucket(try BucketName(object.bucket))
            let (key, version) = (try ObjectKey(object.key), try version.version())
            try await bucket.updateEncryption(
                of: key, version: version, toKey: sseKmsKeyId,
                context: PairArgument.dictionary(encryptionContext, of: "--encryption-context"), bucketKey: bucketKey)
            let record = HeadRecord(try await bucket.head(key, version: version))
            console.emit(
                record, text: "\(quoted(object.key)) is under \(record.keyId ?? "")")
        }
    }
}
#endif
