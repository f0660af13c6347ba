#if CommandLineTool
internal import ArgumentParser
internal import Strongroom
internal import SystemPackage

struct ExportCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Write objects as files below a directory.",
        discussion: """
            Every key is checked before the first file is written: one that cannot be a file name below the directory \
            ends the command. Files that stand there already are never replaced.
            """)

    @Argument(help: ArgumentHelp("What to write.", valueName: "bucket[/prefix]"))
    var source: PrefixAddress
    @Argument(help: "The directory; made where it is missing.")
    var directory: String
    @OptionGroup var customerKey: CustomerKeyOption
    @OptionGroup var location: StoreLocation

    private struct Record: Encodable {
        var key: String
        var size: UInt64
        var etag: String
    }

    static let getsInFlight = 16
    /// To this size an object is written in one go.
    static let wholeBytesMax: UInt64 = 1 << 20

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
        try await withThrowingTaskGroup(of: Void.self) { group in
            var waiting = plan.files.makeIterator()
            func addNext() {
                guard let file = waiting.next() else { return }
                group.addTask {
                    let info = try await Self.write(
                        file, of: file.isUnderCustomerKey ? withKey : bucket, to: target, progress)
                    if console.json {
                        let record = Record(key: info.key.rawValue, size: info.sizeBytes, etag: info.etag)
                        console.emit(record, text: "")
                    }
                }
            }
            for _ in 0..<Self.getsInFlight { addNext() }
            while try await group.next() != nil {
                try Task.checkCancellation()
                addNext()
            }
        }
        progress.finish()
        console.say(
            "exported \(HumanUnits.count(UInt64(plan.files.count))) objects, \(HumanUnits.bytes(plan.totalBytes)), in "
                + "\(progress.elapsed.formattedSeconds)")
    }

    private static func write(
        _ file: ExportPlan.File, of bucket: Bucket, to target: ExportDirectory, _ progress: ProgressDisplay
    ) async throws -> ObjectInfo {
        let body = try await bucket.get(file.key)
        if body.lengthBytes <= wholeBytesMax {
            let bytes = try await body.collect(upTo: Int(wholeBytesMax))
            try await Offload.run { () throws(CommandFailure) in
                let output = try target.create(file.name)
                try output.append(bytes)
                try output.finish(replacing: .refused)
            }
            progress.advance(objects: 1, bytes: UInt64(bytes.count))
            return body.info
        }
        let output = try await Offload.run { () throws(CommandFailure) in try target.create(file.name) }
        for try await slice in body {
            try await Offload.run { () throws(CommandFailure) in try output.append(slice) }
            progress.advance(bytes: UInt64(slice.count))
        }
        try await Offload.run { () throws(CommandFailure) in try output.finish(replacing: .refused) }
        progress.advance(objects: 1)
        return body.info
    }
}
#endif
