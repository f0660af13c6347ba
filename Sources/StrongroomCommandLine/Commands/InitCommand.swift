#if CommandLineTool
internal import ArgumentParser
internal import Glibc
internal import Strongroom
internal import SystemPackage

struct InitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init", abstract: "Make a new store, with its keyring beside it.")

    @Argument(help: "The directory to make; what stands there already is left as it is.")
    var directory: String

    @OptionGroup var keys: KeyOptions
    @OptionGroup var output: OutputOptions

    private struct Record: Encodable {
        var store: String
        var keyring: String
    }

    func run() async throws {
        var options = try await keys.storeOptions()
        options.whenAbsent = .create
        let path = FilePath(directory)
        // Opening makes what is not there; making must not open what is.
        guard try await Offload.run({ () throws(CommandFailure) in try Self.isFree(path) }) else {
            throw CommandFailure(.fileExists, "\(quoted(directory)) exists and is left as it is. Name a new directory")
        }
        let store = try await Store.open(at: path, options: options)
        try await store.close()
        let keyring = try keys.keyring ?? StorePlace(path).keyring.string
        output.console.emit(
            Record(store: directory, keyring: keyring),
            text: "made the store \(quoted(directory)) and its keyring \(quoted(keyring))\n"
                + "Keep a copy of the keyring elsewhere: without it nobody can read the store, and with it anybody can."
        )
    }

    /// Nothing there, or an empty directory.
    private static func isFree(_ path: FilePath) throws(CommandFailure) -> Bool {
        if unsafe access(path.string, F_OK) != 0 && errno == ENOENT { return true }
        return try DirectoryEntries.read(path).isEmpty
    }
}
#endif
