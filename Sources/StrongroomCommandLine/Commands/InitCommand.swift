#if CommandLineTool
internal import ArgumentParser
internal import Glibc
internal import Strongroom
internal import SystemPackage

struct InitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init", abstract: "Make a new store, with its keyring beside it.")

    @Argument(
        help: """
            The directory to make. What stands there already is left as it is; only where making a store was broken \
            off, it goes on.
            """)
    var directory: String

    @Option(help: "The region in the ARNs of the keys for aws:kms; their keyring is made at once then.")
    var region: String?
    @Option(help: "Their account, twelve digits.")
    var account: String?
    @OptionGroup var keys: KeyOptions
    @OptionGroup var output: OutputOptions

    /// Before anything is made.
    func validate() throws {
        if let account { try AccountArgument.check(account) }
        if let region { try RegionName.check(region) }
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
        try checkRootKey(isOutside: try StorePlace(path).directory)
        // Opening makes what is not there; making must not open what is.
        guard try await Offload.run({ () throws(CommandFailure) in try Self.isFree(path) }) else {
            throw CommandFailure(.fileExists, "\(quoted(directory)) exists and is left as it is. Name a new directory")
        }
        let rootKeyFile = try keys.rootKeyFile.map { try KeyOptions.rootKeyPath($0).string }
        let makesRootKeyFile = try await Offload.run { () throws(CommandFailure) in
            rootKeyFile.map(Self.isMissing) ?? false
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
                + (makesRootKeyFile ? "made the root key file \(quoted(keys.rootKeyFile ?? ""))\n" : "") + advice)
    }

    /// What must not be lost, and what nobody else may have.
    private var advice: String {
        guard
            let secret = keys.rootKeyFile.map({ "the root key file \(quoted($0))" })
                ?? keys.passphraseFile.map({ _ in "the passphrase" })
        else {
            return
                "Keep a copy of the keyring elsewhere: without it nobody can read the store, and with it anybody can."
        }
        return "Keep copies of the keyring and of \(secret) elsewhere, apart from each other: who lacks one of them "
            + "cannot read the store, and who has both can."
    }

    private static func isMissing(_ path: String) -> Bool {
        // Safe: the call only reads the path, for as long as it takes.
        unsafe access(path, F_OK) != 0 && errno == ENOENT
    }

    /// As of the keyring: who copies the store would copy what opens it.
    private func checkRootKey(isOutside store: FilePath) throws {
        guard let name = keys.rootKeyFile else { return }
        let file = try KeyOptions.rootKeyPath(name)
        guard file.starts(with: store) else { return }
        throw StoreError(
            .invalidArgument,
            "The root key file \(file) lies in the store: a copy of the store would carry its keys. Put it elsewhere.")
    }

    /// Nothing there, an empty directory, or what is left where making a store was broken off: making it goes on then.
    private static func isFree(_ path: FilePath) throws(CommandFailure) -> Bool {
        // Safe: the call only reads the path, for as long as it takes.
        if unsafe access(path.string, F_OK) != 0 && errno == ENOENT { return true }
        let names = try DirectoryEntries.read(path).map(\.nameForDisplay)
        return names.isEmpty || names.contains("CREATING") && names.allSatisfy(isUnfinished)
    }

    /// Whether a store that is being made has such a file before it has a `store.json`, with which it is whole.
    private static func isUnfinished(_ name: String) -> Bool {
        ["CREATING", "LOCK", "journal", "catalog", "blobs", "store.json.new"].contains(name)
            || name.hasPrefix("metadata-key.json")
    }
}
#endif
