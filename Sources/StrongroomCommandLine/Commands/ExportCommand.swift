#if CommandLineTool
internal import ArgumentParser
internal import Strongroom
internal import SystemPackage

struct ExportCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Write objects as files below a directory.",
        discussion: """
            Files that stand there already are never replaced. An empty object whose key ends in a slash, as clients \
            make it for a folder, becomes that folder. An object that cannot be read, or whose key cannot be a file \
            name below the directory, is named and does not keep the others in, but makes the command fail at its end.
            """)

    @Argument(help: ArgumentHelp("What to write.", valueName: "bucket[/prefix]"), transform: PrefixAddress.read)
    var source: PrefixAddress
    @Argument(help: "The directory; made where it is missing.")
    var directory: String
    @OptionGroup var customerKey: CustomerKeyOption
    @OptionGroup var location: StoreLocation

    func validate() throws { try location.checkStandardInput(["--sse-c-key-file": customerKey.sseCKeyFile]) }

    func run(on store: Store, _ console: Console) async throws {
        let bucket = store.bucket(try BucketName(source.bucket))
        let withKey = try await customerKey.presented(to: bucket)
        let plan = try await ExportPlan(of: bucket, prefix: source.prefix)
        // A bucket may be empty; a folder that is not there was misspelt.
        if plan.isEmpty, !source.prefix.isEmpty {
            throw CommandFailure(
                .notFound,
                "no key of \(source.bucket) begins with \(quoted(source.prefix)): `list` lists the keys, and `get` "
                    + "fetches one object")
        }
        let progress = ProgressDisplay(
            Progress(title: "export", objectsTotal: UInt64(plan.files.count), bytesTotal: plan.totalBytes),
            console: console)
        defer { progress.finish() }
        let target = try await Offload.run { [directory] () throws(CommandFailure) in
            try ExportDirectory(Surroundings.current.path(directory))
        }
        let work = FileExport(
            bucket: bucket, withCustomerKey: withKey, target: target, console: console, progress: progress)
        var failures = ExportFailures(console)
        for object in plan.damaged { failures.add(CommandFailure(ofObject: .damaged, object.reason), object.key) }
        for object in plan.refused { failures.add(object.failure, object.key.rawValue) }
        let bytes = try await work.run(plan.files, &failures)
        progress.finish()
        let written = UInt64(plan.files.count + plan.damaged.count + plan.refused.count - failures.count)
        console.say(
            "exported \(HumanUnits.count(written)) objects, \(HumanUnits.bytes(bytes)), in "
                + "\(progress.elapsed.formattedSeconds)")
        try failures.end()
    }
}
#endif
