#if CommandLineTool
internal import ArgumentParser
internal import Glibc
internal import Strongroom
internal import SystemPackage

/// Which store a command works on, what opens its keyring, and how it prints.
struct StoreLocation: ParsableArguments {
    @Option(help: "The store's directory; by default what STRONGROOM_STORE names.")
    var store: String?

    @Flag(help: "Open the store as it is, although it is not what keyring and anchor say; once.")
    var acceptRollback = false

    @OptionGroup var keys: KeyOptions
    @OptionGroup var output: OutputOptions

    var console: Console { output.console }

    func path() throws -> FilePath {
        if let path = Self.path(named: store) { return path }
        throw ValidationError("Name the store with --store DIR or STRONGROOM_STORE.")
    }

    /// The store of that name, or else the one that the environment names; nil where neither does.
    static func path(named store: String?) -> FilePath? {
        let surroundings = Surroundings.current
        if let store { return surroundings.path(store) }
        if let store = surroundings.store { return store }
        // Safe: nothing in this process changes its environment.
        return unsafe getenv("STRONGROOM_STORE").map { unsafe FilePath(String(cString: $0)) }
    }

    /// Opens a store that exists.
    ///
    /// - Parameter locked: whether to do without its keyring, where there is none.
    func open(locked: Bool) async throws -> Store {
        var options = try await keys.storeOptions()
        options.whenAbsent = .refuse
        if locked { options.whenKeyringMissing = .openLocked }
        if acceptRollback { options.whenRolledBack = .accept }
        return try await Store.open(at: path(), options: options)
    }
}

/// `--json`
struct OutputOptions: ParsableArguments {
    @Flag(help: "Print one JSON object per line, errors too.")
    var json = false

    var console: Console { Console(json: json) }
}

/// What opens the keyring. Keys and passphrases come from files or standard input, never from arguments, which
/// every user of the machine can read.
struct KeyOptions: ParsableArguments {
    @Option(help: "The keyring's directory; by default DIR.keyring, beside the store.")
    var keyring: String?

    @Option(help: "A file on another disk that says what the store is, beside the keyring, which always does.")
    var anchor: String?

    @Option(
        help: ArgumentHelp(
            "A program that reads and advances a counter which only goes up, as a TPM has them.", valueName: "program"))
    var anchorCounter: String?

    @Option(help: "The file with the root key (32 bytes, mode 0600); by default one in the keyring.")
    var rootKeyFile: String?

    @Option(help: "The file with the passphrase that opens the keyring; - is standard input.")
    var passphraseFile: String?

    @Option(help: "The key-backend module; by default libS3ManagedKeys.so beside this program, else the one built in.")
    var module: String?

    @Option(
        help:
            "The key-service module, for aws:kms; by default libKMSKeys.so beside this program, else the one built in.")
    var keyService: String?

    @Option(
        help: ArgumentHelp(
            "A setting of the key service, such as where it is; may be repeated.", valueName: "NAME=VALUE"))
    var keyServiceSetting: [PairArgument] = []

    /// Settings of key services that are opened by secrets of their own, in files that these name.
    private static let secretSettings = ["pin-file", "credentials-file"]

    func validate() throws {
        _ = try PairArgument.dictionary(keyServiceSetting, of: "--key-service-setting")
        if rootKeyFile != nil && passphraseFile != nil {
            throw ValidationError("A keyring opens by --root-key-file or by --passphrase-file, not by both.")
        }
    }

    /// Absolute, as the keyring's document keeps it: this file opens it wherever the next command is typed.
    static func rootKeyPath(_ name: String) throws(CommandFailure) -> FilePath {
        try ModuleChoice.absolute(Surroundings.current.path(name))
    }

    func storeOptions() async throws -> StoreOptions {
        let surroundings = Surroundings.current
        var options = StoreOptions()
        options.keyring = keyring.map(surroundings.path)
        options.anchor = anchor.map(surroundings.path)
        options.anchorCounter = anchorCounter.map(surroundings.path)
        if let rootKeyFile { options.rootKey = .file(try Self.rootKeyPath(rootKeyFile)) }
        if let passphraseFile { options.rootKey = .passphrase(try await SecretFile.passphrase(from: passphraseFile)) }
        options.keyBackend = try await ModuleChoice.backend(named: module)
        let settings = try PairArgument.dictionary(keyServiceSetting, of: "--key-service-setting")
        // One secret opens both folders of the keyring, unless the service has another, in a file of its own.
        let hasOwnSecret = Self.secretSettings.contains { settings[$0] != nil }
        options.keyService = KeyServiceOptions(
            try await ModuleChoice.keyService(named: keyService),
            rootKey: hasOwnSecret ? .fileInKeyring : options.rootKey, settings: settings)
        return options
    }
}

/// A command that works on one store: opened before, closed after, whatever happens between.
protocol StoreCommand: AsyncParsableCommand {
    var location: StoreLocation { get }
    /// Whether another process that has the store open may run it for this one.
    static var runsBesideOthers: Bool { get }
    /// Whether it can do without the store's keyring, and is to.
    var doesWithoutKeys: Bool { get }
    func run(on store: Store, _ console: Console) async throws
}

extension StoreCommand {
    static var runsBesideOthers: Bool { true }
    var doesWithoutKeys: Bool { false }

    func run() async throws { try await runOnStore() }

    /// Runs it here, or where the store is open.
    func runOnStore() async throws {
        let store: Store
        do {
            store = try await location.open(locked: doesWithoutKeys)
        } catch let error as StoreError where error.code == .storeInUse && Self.runsBesideOthers {
            let arguments = Array(CommandLine.arguments.dropFirst())
            guard let status = try await RunningStore.run(arguments, at: location.path()) else { throw error }
            guard status == 0 else { throw ExitCode(status) }
            return
        }
        do {
            try await run(on: store, location.console)
        } catch {
            // The first failure is the one to tell; closing after it can only repeat it.
            try? await store.close()
            throw error
        }
        try await store.close()
    }
}
#endif
