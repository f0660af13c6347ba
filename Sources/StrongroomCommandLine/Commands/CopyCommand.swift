#if CommandLineTool
internal import ArgumentParser
internal import Strongroom

struct CopyCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "copy", abstract: "Copy an object, within a bucket or from one to another.",
        discussion: """
            The copy is sealed under a data key of its own, as its bucket says. What no option says anew comes from \
            the source, but for encryption and storage class. An old version, copied to its own key, becomes the \
            newest again.
            """)

    @Argument(help: ArgumentHelp("The object to copy.", valueName: "bucket/key"), transform: ObjectAddress.read)
    var source: ObjectAddress
    @Argument(help: ArgumentHelp("Where to.", valueName: "bucket/key"), transform: ObjectAddress.read)
    var target: ObjectAddress
    @Option(help: "This version of the source; by default the newest.")
    var sourceVersionId: String?
    @OptionGroup var encryption: EncryptionOptions
    @Option(help: "The file with the key that the source is under (SSE-C).")
    var sourceSseCKeyFile: String?
    @Option(help: "A label, by default STANDARD: all objects are stored alike.")
    var storageClass: String?
    @Option(
        help: ArgumentHelp("Metadata instead of all that the source has; may be repeated.", valueName: "name=value"))
    var metadata: [PairArgument] = []
    @Option(help: "The content type, instead of the source's.")
    var contentType: String?
    @OptionGroup var location: StoreLocation

    func validate() throws {
        _ = try PairArgument.dictionary(metadata, of: "--metadata")
        try location.checkStandardInput([
            "--source-sse-c-key-file": sourceSseCKeyFile, "--sse-c-key-file": encryption.sseCKeyFile,
        ])
    }

    func run(on store: Store, _ console: Console) async throws {
        var origin = store.bucket(try BucketName(source.bucket))
        if let sourceSseCKeyFile {
            origin = origin.presenting(try await SecretFile.customerKey(from: sourceSseCKeyFile))
        }
        let place = store.bucket(try BucketName(target.bucket))
        let (sourceKey, targetKey) = (try ObjectKey(source.key), try ObjectKey(target.key))
        var options = CopyOptions(
            sourceVersion: try sourceVersionId.map { try VersionID($0) }, encryption: try await encryption.request(),
            storageClass: try storageClass.map { try StorageClass($0) } ?? .standard)
        if contentType != nil || !metadata.isEmpty {
            try await replaceMetadata(in: &options, from: origin, sourceKey)
        }
        let receipt = try await place.copy(sourceKey, from: origin, to: targetKey, options: options)
        console.emit(ObjectRecord(key: targetKey, receipt), text: "copied to \(receipt.text(targetKey))")
    }

    /// The library replaces all that a put says of the content or nothing of it; who names a content type here
    /// means the content type.
    private func replaceMetadata(in options: inout CopyOptions, from bucket: Bucket, _ key: ObjectKey) async throws {
        let info = try await bucket.head(key, version: options.sourceVersion)
        let pairs = try PairArgument.dictionary(metadata, of: "--metadata")
        options.metadata = .replace(
            contentType: contentType ?? info.contentType, metadata: pairs.isEmpty ? info.metadata : pairs,
            headers: info.headers)
        // What is taken over is of this object, and of no other that takes its place meanwhile.
        options.sourceConditions.matches = [info.etag]
    }
}
#endif
