#if CommandLineTool
internal import ArgumentParser
internal import Strongroom

struct EncryptionCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "encryption", abstract: "See and change how objects that are there are encrypted.",
        subcommands: [Coverage.self, Update.self, Reseal.self, Rewrap.self])

    struct Update: StoreCommand {
        static let configuration = CommandConfiguration(
            abstract: "Put an object under a key of the key service, or under another one, in place.",
            discussion: """
                No byte of it is moved, and version, ETag, time and checksums stay. So does its data key: to be rid of \
                that, copy the object onto itself. Refused for what is not encrypted, in two layers or under a customer \
                key, and while object lock protects the version.
                """)

        @Argument(help: ArgumentHelp("The object.", valueName: "bucket/key"), transform: ObjectAddress.read)
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

    struct Coverage: StoreCommand {
        static let configuration = CommandConfiguration(
            abstract: "Count how many objects are under which key, and how many are not as their bucket asks.",
            discussion: "Old versions count, too.")

        @Argument(help: "One bucket; by default all.")
        var bucket: String?
        @OptionGroup var location: StoreLocation

        func run(on store: Store, _ console: Console) async throws {
            let coverage = try await store.encryptionCoverage(of: bucket.map { try BucketName($0) })
            for entry in coverage.entries {
                let record = CoverageRecord(entry)
                console.emit(record, text: record.text)
            }
            console.say(
                "\(HumanUnits.count(coverage.objectCount)) objects, "
                    + "\(HumanUnits.count(coverage.unlikeDefaultCount)) not as their bucket asks at present")
            if coverage.damagedCount > 0 {
                console.warn("\(coverage.damagedCount) rows could not be counted: they are damaged; run verify")
            }
        }
    }
}

/// A line of `encryption coverage`.
struct CoverageRecord: Codable, Equatable {
    /// `AES256`, `aws:kms`, `aws:kms:dsse` or `none`; absent for SSE-C.
    var serverSideEncryption: String?
    /// `AES256` for SSE-C.
    var sseCustomerAlgorithm: String?
    var keyId: String?
    var keyVersion: String?
    var bucketKeyEnabled: Bool
    var objects: UInt64
    var bytes: UInt64
    /// How many are not as their bucket asks at present.
    var unlikeDefault: UInt64

    init(_ entry: EncryptionCoverage.Entry) {
        switch entry.mode {
        case .none: serverSideEncryption = SSEArgument.none.rawValue
        case .s3Managed: serverSideEncryption = SSEArgument.aes256.rawValue
        case .kms: serverSideEncryption = SSEArgument.kms.rawValue
        case .kmsDualLayer: serverSideEncryption = SSEArgument.kmsDualLayer.rawValue
        case .customerKey: sseCustomerAlgorithm = SSEArgument.aes256.rawValue
        }
        (keyId, keyVersion) = (entry.keyID, entry.keyVersion)
        bucketKeyEnabled = entry.usesBucketKey
        (objects, bytes, unlikeDefault) = (entry.objectCount, entry.bytes, entry.unlikeDefaultCount)
    }

    var text: String {
        var words = ["\(HumanUnits.count(objects))", HumanUnits.bytes(bytes), serverSideEncryption ?? "SSE-C"]
        if let keyId { words.append(keyId) }
        if let keyVersion { words.append("version \(keyVersion.prefix(16))") }
        if bucketKeyEnabled { words.append("through Bucket Keys") }
        if unlikeDefault > 0 { words.append("(\(HumanUnits.count(unlikeDefault)) not as the bucket asks)") }
        return words.joined(separator: "  ")
    }
}
#endif
