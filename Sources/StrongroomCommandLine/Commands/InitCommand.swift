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

    @Option(help: "The region in the ARNs of the keys for aws:kms; their keyring is made at once then.")
    var region: String?
    @Option(help: "Their account, twelve digits.")
    var account: String?
    @OptionGroup var keys: KeyOptions
    @OptionGroup var output: OutputOptions

    /// Before anything is made.
    func validate() throws {
        if let account, account.utf8.count != 12 || !account.utf8.allSatisfy({ (0x30...0x39).contains($0) }) {
            throw ValidationError("--account is twelve digits.")
        }
        let letters = Set("abcdefghijklmnopqrstuvwxyz0123456789-".utf8)
        if let region, !(1...32).contains(region.utf8.count) || !region.utf8.allSatisfy(letters.contains) {
            throw ValidationError("--region is a name such as eu-west-1.")
        }
    }

    private struct Record: Encodable {
        var store: String
        var keyring: String
    }

    func run() async throws {
        var options = try await keys.storeOptions()
        options.whenAbsent = .create
        options.keyService?.creationSettings["region"] = region
        options.keyService?.creationSettings["account"] = account
        let path = Surroundings.current.path(directory)
        // Opening makes what is not there; making must not open what is.
        guard try await Offload.run({ () throws(CommandFailure) in try Self.isFree(path) }) else {
            throw CommandFailure(.fileExists, "\(quoted(directory)) exists and is left as it is. Name a new directory")
        }
        let store = try await Store.open(at: path, options: options)
        do {
            // They are made when they are first needed, and by what is said then.
            if region != nil || account != nil {
                _ = try await store.controlKeyService(Array(#"{"operation":"status"}"#.utf8))
            }
        } catch {
            try? await store.close()
            throw error
        }
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
        // Safe: the call only reads the path, for as long as it takes.
        if unsafe access(path.string, F_OK) != 0 && errno == ENOENT { return true }
        return try DirectoryEntries.read(path).isEmpty
    }
}
#endif
