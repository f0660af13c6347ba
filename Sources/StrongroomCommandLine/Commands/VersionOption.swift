#if CommandLineTool
internal import ArgumentParser
internal import Strongroom

/// `--version-id`
struct VersionOption: ParsableArguments {
    @Option(help: "This version, as put and list --versions print it, or null; by default the newest.")
    var versionId: String?

    func version() throws(StoreError) -> VersionID? {
        guard let versionId else { return nil }
        return try VersionID(versionId)
    }
}
#endif
