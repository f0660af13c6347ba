#if CommandLineTool
internal import ArgumentParser
internal import Strongroom
internal import Synchronization
internal import SystemPackage

struct ImportCommand: StoreCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Store every file below a directory as an object.",
        discussion: """
            With --json each object has its line, printed only once the object would survive power loss. Symbolic \
            links and special files are skipped, and said so. A file or folder that cannot be read, or whose name can \
            be no key (it is not UTF-8, or too long), is named and does not keep the others out, but makes the command \
            fail at its end. A folder that holds the store, its keyring or what opens that, or lies in one of them, is \
            refused.
            """)

    @Argument(help: "The directory.")
    var directory: String
    @Argument(help: ArgumentHelp("Where to store them.", valueName: "bucket[/prefix]"), transform: PrefixAddress.read)
    var destination: PrefixAddress
    @OptionGroup var description: ObjectDescription
    @OptionGroup var location: StoreLocation

    func validate() throws {
        try location.checkStandardInput(["--sse-c-key-file": description.encryption.sseCKeyFile])
    }

    /// As many commits share one sync as wait for it; more puts than this add memory and no speed.
    static let putsInFlight = 64

    func run(on store: Store, _ console: Console) async throws {
        let root = Surroundings.current.path(directory)
        let prefixBytes = destination.prefix.utf8.count
        let place = try StorePlace(location.path(), keyring: location.keys.keyring.map(Surroundings.current.path))
        var places = [(name: "the store", path: place.directory), (name: "its keyring", path: place.keyring)]
        if let file = location.keys.rootKeyFile { places.append(("its root key", try KeyOptions.rootKeyPath(file))) }
        if let file = location.keys.passphraseFile, file != "-" {
            places.append(("its passphrase", Surroundings.current.path(file)))
        }
        let walk = try await Offload.run { [places] () throws(CommandFailure) in
            try FolderApart.check(root, from: places)
            return try DirectoryWalk(of: root, keyBytesMax: ObjectKey.lengthBytes.upperBound - prefixBytes)
        }
        reportSkipped(walk.skipped, console)
        for failure in walk.failures { console.warn("not stored: \(failure)") }
        let progress = ProgressDisplay(
            Progress(title: "import", objectsTotal: UInt64(walk.files.count), bytesTotal: walk.totalBytes),
            console: console)
        defer { progress.finish() }
        let work = FileImport(
            root: root, bucket: store.bucket(try BucketName(destination.bucket)), prefix: destination.prefix,
            options: try await description.options(), console: console, progress: progress)
        // What is wrong with the bucket is wrong with every file: say it once.
        _ = try await work.bucket.info()
        let unreadable: Int
        do {
            unreadable = try await work.run(walk.files)
        } catch  where error.isCancellation {
            progress.finish()
            throw CommandFailure(
                .cancelled,
                "stopped; \(HumanUnits.count(work.stored.count)) of \(HumanUnits.count(UInt64(walk.files.count))) objects are "
                    + "stored, each of them whole, and nothing half-done is left. Run it again to store the others")
        }
        progress.finish()
        let stored = UInt64(walk.files.count - unreadable)
        console.say(
            "imported \(HumanUnits.count(stored)) objects, \(HumanUnits.bytes(walk.totalBytes)), in "
                + "\(progress.elapsed.formattedSeconds)")
        let failed = walk.failures.count + unreadable
        guard failed == 0 else {
            throw CommandFailure(
                .inputOutput, "\(failed) files or folders could not be stored, each named above; all others are")
        }
    }
}

extension ImportCommand {
    /// Each of them to a script, a few and the rest in numbers to people: a directory can have thousands of links.
    private func reportSkipped(_ skipped: [DirectoryWalk.Skipped], _ console: Console) {
        let shown = console.json || skipped.count <= 5 ? skipped.count : 0
        for file in skipped.prefix(shown) {
            console.warn("skipped \(quoted("\(directory)/\(file.name)")): \(file.reason.rawValue)")
        }
        guard shown < skipped.count else { return }
        for (reason, files) in Dictionary(grouping: skipped, by: \.reason).sorted(by: {
            $0.key.rawValue < $1.key.rawValue
        }) {
            let example = quoted("\(directory)/\(files[0].name)")
            console.warn(
                "skipped \(HumanUnits.count(UInt64(files.count))) of this kind: \(reason.rawValue), as \(example)")
        }
    }
}

/// Puts files with many in flight.
private struct FileImport: Sendable {
    let root: FilePath
    let bucket: Bucket
    let prefix: String
    let options: PutOptions
    let console: Console
    let progress: ProgressDisplay
    let stored = Tally()

    /// Returns how many files could not be read. The first failure of the store ends all.
    func run(_ files: [DirectoryWalk.File]) async throws -> Int {
        try await withThrowingTaskGroup(of: Bool.self) { group in
            var unreadable = 0
            var waiting = files.makeIterator()
            for _ in 0..<ImportCommand.putsInFlight {
                guard let file = waiting.next() else { break }
                group.addTask { try await put(file) }
            }
            while let readable = try await group.next() {
                if !readable { unreadable += 1 }
                try Task.checkCancellation()
                if let file = waiting.next() { group.addTask { try await put(file) } }
            }
            return unreadable
        }
    }

    private func put(_ file: DirectoryWalk.File) async throws -> Bool {
        let key = try ObjectKey(prefix + file.name)
        do {
            let body = try await DescriptorBody("\(root.string)/\(file.name)") { [progress] count in
                progress.advance(bytes: UInt64(count))
            }
            let receipt = try await bucket.put(key, body, options: options)
            stored.add()
            if console.json { console.emit(ObjectRecord(key: key, receipt), text: "") }
            progress.advance(objects: 1)
            return true
        } catch let error as CommandFailure {
            console.warn("not stored: \(error.message)")
            return false
        } catch let error as StoreError where error.code == .bodyFailed {
            let cause = (error.underlyingError as? CommandFailure)?.message ?? error.message
            console.warn("not stored: \(cause)")
            return false
        }
    }
}

/// Counts what many tasks do.
private final class Tally: Sendable {
    private let value = Atomic<UInt64>(0)

    var count: UInt64 { value.load(ordering: .relaxed) }

    func add() { value.wrappingAdd(1, ordering: .relaxed) }
}
#endif
