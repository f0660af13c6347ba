#if CommandLineTool
internal import ArgumentParser
internal import Strongroom

struct LegalHoldCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "legal-hold", abstract: "Show, set or take off the legal hold of a version.",
        discussion: """
            For buckets with object lock. While the hold is on the version cannot be deleted for good, whatever its \
            retention says, and nothing bypasses it.
            """)

    enum Switch: String, ExpressibleByArgument, CaseIterable {
        case on
        case off
    }

    @Argument(help: ArgumentHelp("The object.", valueName: "bucket/key"), transform: ObjectAddress.read)
    var object: ObjectAddress
    @Argument(help: "on or off; without it the hold is shown.")
    var state: Switch?
    @OptionGroup var version: VersionOption
    @OptionGroup var location: StoreLocation

    func run(on store: Store, _ console: Console) async throws {
        let bucket = store.bucket(try BucketName(object.bucket))
        let key = try ObjectKey(object.key)
        let version = try version.version()
        if let state { try await bucket.setLegalHold(state == .on, of: key, version: version) }
        let record = LegalHoldRecord(try await bucket.head(key, version: version))
        console.emit(record, text: "legal hold \(record.status.lowercased())")
    }
}
#endif
