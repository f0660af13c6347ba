#if CommandLineTool
internal import ArgumentParser
internal import FoundationEssentials
internal import Strongroom

struct RetentionCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "retention", abstract: "Show or change until when a version is kept from being deleted for good.",
        discussion: """
            For buckets with object lock. A retention in COMPLIANCE mode can only be extended; one in GOVERNANCE mode, \
            too, but by bypassing it. Nothing else of the object changes.
            """)

    @Argument(help: ArgumentHelp("The object.", valueName: "bucket/key"), transform: ObjectAddress.read)
    var object: ObjectAddress
    @Option(help: "GOVERNANCE or COMPLIANCE; together with --until.")
    var mode: RetentionModeArgument?
    @Option(help: "The moment to keep the version to, in ISO 8601, such as 2030-01-01T00:00:00Z.")
    var until: MomentArgument?
    @Flag(help: "Remove the retention.")
    var clear = false
    @OptionGroup var bypass: BypassOption
    @OptionGroup var version: VersionOption
    @OptionGroup var location: StoreLocation

    private var isChange: Bool { clear || mode != nil }

    func validate() throws {
        if (mode == nil) != (until == nil) { throw ValidationError("--mode and --until belong together.") }
        if clear && mode != nil { throw ValidationError("--clear and --mode exclude each other.") }
        if bypass.bypassGovernanceRetention && !isChange {
            throw ValidationError("There is nothing to bypass: name --mode and --until, or --clear.")
        }
    }

    func run(on store: Store, _ console: Console) async throws {
        let bucket = store.bucket(try BucketName(object.bucket))
        let key = try ObjectKey(object.key)
        let version = try version.version()
        if isChange {
            var retention: Retention?
            if let mode, let until { retention = Retention(mode: mode.asMode, until: until.date) }
            try await bucket.setRetention(
                retention, of: key, version: version, bypassingGovernance: bypass.bypassGovernanceRetention)
        }
        let info = try await bucket.head(key, version: version)
        let record = RetentionRecord(info)
        console.emit(record, text: record.text)
    }
}

/// `--bypass-governance-retention`, as the AWS CLI names it.
struct BypassOption: ParsableArguments {
    @Flag(help: "Do it although a retention in GOVERNANCE mode has not ended; never one in COMPLIANCE mode.")
    var bypassGovernanceRetention = false
}
#endif
