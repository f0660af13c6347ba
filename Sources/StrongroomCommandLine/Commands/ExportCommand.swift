#if CommandLineTool
internal import ArgumentParser
internal import Strongroom
internal import SystemPackage

struct ExportCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Write objects as files below a directory.",
        discussion: """
            Every key is checked before the first file is written: one that cannot be a file name below the directory \
            ends the command. Files that stand there already are never replaced. An object that cannot be read does not \
            keep the others in, but makes the command fail at its end.
            """)

    @Argument(help: ArgumentHelp("What to write.", valueName: "bucket[/prefix]"))
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
        for object in plan.damaged { failures.add(.damaged, object.key, object.reason) }
        let bytes = try await work.run(plan.files, &failures)
        progress.finish()
        let written = UInt64(plan.files.count + plan.damaged.count - failures.count)
        console.say(
            "exported \(HumanUnits.count(written)) objects, \(HumanUnits.bytes(bytes)), in "
                + "\(progress.elapsed.formattedSeconds)")
        try failures.end()
    }
}
#endif
