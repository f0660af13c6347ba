#if CommandLineTool
internal import ArgumentParser
internal import Strongroom

struct DeleteCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete", abstract: "Delete an object; no error where there is none.",
        discussion: """
            In a bucket that keeps versions the object stays as an older version, hidden by a delete marker. With \
            --version-id that version goes for good, unless object lock protects it; deleting the marker brings the \
            object back.
            """)

    @Argument(help: ArgumentHelp("The object.", valueName: "bucket/key"), transform: ObjectAddress.read)
    var object: ObjectAddress
    @Option(help: "This version, for good; a delete marker's too.")
    var versionId: String?
    @Option(help: ArgumentHelp("Only if the object has this ETag; * for any.", valueName: "etag"))
    var ifMatch: ETagArgument?
    @OptionGroup var bypass: BypassOption
    @OptionGroup var location: StoreLocation

    func validate() throws {
        if versionId != nil && ifMatch != nil {
            throw ValidationError("--if-match is about the newest object: leave it out, or --version-id.")
        }
        if bypass.bypassGovernanceRetention && versionId == nil {
            throw ValidationError(
                "--bypass-governance-retention is about a version that goes for good: name it with --version-id.")
        }
    }

    func run(on store: Store, _ console: Console) async throws {
        let version = try versionId.map { try VersionID($0) }
        let receipt = try await store.bucket(BucketName(object.bucket)).delete(
            ObjectKey(object.key), version: version, if: ifMatch?.condition,
            bypassingGovernance: bypass.bypassGovernanceRetention)
        console.emit(DeleteRecord(key: object.key, receipt), text: text(receipt))
    }

    private func text(_ receipt: DeleteReceipt) -> String {
        let what = (versionId.map { "version \($0) of " } ?? "") + quoted(object.key)
        let done = receipt.existed ? "deleted \(what)" : "there was no \(what)"
        guard versionId == nil, receipt.isDeleteMarker, let marker = receipt.versionID else { return done }
        return "\(done), delete marker \(marker)"
    }
}
#endif
