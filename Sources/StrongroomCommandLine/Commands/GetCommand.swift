#if CommandLineTool
internal import ArgumentParser
internal import Strongroom
internal import SystemPackage

struct GetCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "get", abstract: "Fetch an object, or a range of it, into a file.",
        discussion: """
            A file is replaced when all is fetched and verified, not before. A symbolic link is replaced itself, and what \
            it leads to stays as it is. A device or a named pipe is written to, as standard output is.
            """)

    @Argument(help: ArgumentHelp("The object.", valueName: "bucket/key"), transform: ObjectAddress.read)
    var object: ObjectAddress
    @Argument(help: "The file; - is standard output.")
    var destination: String
    // Unconditional: “-7” is a range and no option.
    @Option(parsing: .unconditional, help: "A-B with both ends included, A- from there on, or -N for the last N bytes.")
    var range: ByteRangeArgument?
    @OptionGroup var version: VersionOption
    @OptionGroup var customerKey: CustomerKeyOption
    @OptionGroup var location: StoreLocation

    func validate() throws { try location.checkStandardInput(["--sse-c-key-file": customerKey.sseCKeyFile]) }

    private struct Record: Encodable {
        var key: String
        var size: UInt64
        var etag: String
        var versionId: String
        var rangeStart: UInt64
        var rangeLength: UInt64
    }

    func run(on store: Store, _ console: Console) async throws {
        let bucket = try await customerKey.presented(to: store.bucket(BucketName(object.bucket)))
        let target = try await Offload.run { [destination] () throws(CommandFailure) in try OutputTarget(destination) }
        let body = try await fetch(from: bucket, ObjectKey(object.key))
        let progress = ProgressDisplay(Progress(title: "get", bytesTotal: body.lengthBytes), console: console)
        defer { progress.finish() }
        let sink = try await target.open()
        for try await slice in body {
            try await Offload.run { () throws(CommandFailure) in try sink.append(slice) }
            progress.advance(bytes: UInt64(slice.count))
        }
        try await Offload.run { () throws(CommandFailure) in try sink.finish() }
        if case .standardOutput = target { return }
        let record = Record(
            key: object.key, size: body.info.sizeBytes, etag: body.info.etag,
            versionId: body.info.versionID.description, rangeStart: body.range.lowerBound,
            rangeLength: body.lengthBytes)
        console.emit(record, text: "fetched \(quoted(object.key)), \(HumanUnits.bytes(body.lengthBytes))")
    }

    private func fetch(from bucket: Bucket, _ key: ObjectKey) async throws -> ObjectBody {
        let version = try version.version()
        guard let range else { return try await bucket.get(key, version: version) }
        // How long the object is decides what “the last N” means, so both answers must be of the same object.
        while true {
            let info = try await bucket.head(key, version: version)
            guard let wanted = range.resolved(size: info.sizeBytes) else {
                throw CommandFailure(
                    .invalidRange,
                    "no byte of the range is in the object, which has \(info.sizeBytes) bytes: \(quoted(object.key))")
            }
            let body = try await bucket.get(key, version: version, range: wanted)
            if body.info.etag == info.etag { return body }
        }
    }
}
#endif
