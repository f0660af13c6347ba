#if CommandLineTool
internal import ArgumentParser
internal import Strongroom
internal import SystemPackage

/// Keys in several regions. A command that concerns two keyrings opens the stores of both.
extension KeyCommand {
    struct Replicate: StoreCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a replica of a multi-Region key in the keyring of another store.",
            discussion: """
                It has the key's id and versions, and opens what the key has sealed. Its policy, tags, aliases and grants, \
                and whether it is enabled, are its own.
                """)

        @OptionGroup var key: FixedKeyArgument
        @OptionGroup var other: OtherRegion
        @Option(help: "What the replica is for.")
        var description: String?
        @Option(help: "A file with its policy, - is standard input; by default everybody of the account may use it.")
        var policy: String?
        @Flag(help: "With --policy: make it even where nobody could put another policy afterwards.")
        var bypassLockoutCheck = false
        @OptionGroup var location: StoreLocation

        func validate() throws {
            if bypassLockoutCheck && policy == nil {
                throw ValidationError("--bypass-lockout-check goes with --policy.")
            }
            try location.checkStandardInput(["--policy": policy, "--other-passphrase-file": other.otherPassphraseFile])
        }

        func run(on store: Store, _ console: Console) async throws {
            let policy = try await TextFile.contents(ifNamed: policy)
            try await other.open(beside: location) { region in
                let replica: KeyRecord = try await KeyControl(store: store).ask(
                    "replicate-key",
                    [
                        "keyId": key.id, "replicaRegion": region, "description": description, "policy": policy,
                        "bypassLockoutCheck": bypassLockoutCheck ? "true" : nil,
                    ])
                console.emit(KeyLine(replica), text: replica.text)
            }
        }
    }

    struct Primary: StoreCommand {
        static let configuration = CommandConfiguration(
            abstract: "Have a replica become the primary of its related keys: what they share is changed there then.")

        @OptionGroup var key: FixedKeyArgument
        @OptionGroup var other: OtherRegion
        @OptionGroup var location: StoreLocation

        func validate() throws { try other.checkStandardInput(beside: location) }

        func run(on store: Store, _ console: Console) async throws {
            try await other.open(beside: location) { region in
                _ = try await KeyControl(store: store).ask(
                    "update-primary-region", ["keyId": key.id, "primaryRegion": region], for: [String: String].self)
                try await key.ask("describe-key", store, console)
            }
        }
    }

    struct Synchronize: StoreCommand {
        static let configuration = CommandConfiguration(
            abstract: "Tell related keys of two stores what they have missed of each other.",
            discussion: "That happens whenever both are open in one process; this does nothing else.")

        @OptionGroup var other: OtherRegion
        @OptionGroup var location: StoreLocation

        func validate() throws { try other.checkStandardInput(beside: location) }

        func run(on store: Store, _ console: Console) async throws {
            _ = try await OtherRegion.name(of: store)
            try await other.open(beside: location) { region in
                // Asking has them looked after: both are open by now.
                let own = try await OtherRegion.status(of: store)
                guard own.relatedKeysAgree == true else {
                    throw CommandFailure(
                        .moduleFailed,
                        "the related keys of \(quoted(own.region ?? "")) and \(quoted(region)) do not agree; the log of the "
                            + "key service says why")
                }
                console.emit(
                    ["region": own.region ?? "", "otherRegion": region],
                    text: "the related keys of \(quoted(own.region ?? "")) and \(quoted(region)) agree")
            }
        }
    }
}

/// The store whose keyring is of the other region. Its keyring is opened as the first one's, unless something is said.
struct OtherRegion: ParsableArguments {
    @Option(help: ArgumentHelp("The store of the other region.", valueName: "DIR"))
    var otherStore: String
    @Option(help: "Its keyring's directory; by default DIR.keyring, beside it.")
    var otherKeyring: String?
    @Option(help: "The file with its root key; by default one in its keyring.")
    var otherRootKeyFile: String?
    @Option(help: "The file with the passphrase that opens its keyring; - is standard input.")
    var otherPassphraseFile: String?

    @Option(help: "The file on another disk that says what it is, if there is one.")
    var otherAnchor: String?

    @Option(help: "The program of the counter that its anchors go with, if they do.")
    var otherAnchorCounter: String?

    func validate() throws {
        if otherRootKeyFile != nil && otherPassphraseFile != nil {
            throw ValidationError(
                "A keyring opens by --other-root-key-file or by --other-passphrase-file, not by both.")
        }
    }

    func checkStandardInput(beside location: StoreLocation) throws {
        try location.checkStandardInput(["--other-passphrase-file": otherPassphraseFile])
    }

    /// Runs `body` with the region of the other store's keys, while that store is open.
    func open(beside location: StoreLocation, _ body: (String) async throws -> Void) async throws {
        var keys = location.keys
        (keys.keyring, keys.rootKeyFile, keys.passphraseFile) = (otherKeyring, otherRootKeyFile, otherPassphraseFile)
        (keys.anchor, keys.anchorCounter) = (otherAnchor, otherAnchorCounter)
        var options = try await keys.storeOptions()
        options.whenAbsent = .refuse
        let store = try await Store.open(at: Surroundings.current.path(otherStore), options: options)
        do {
            try await body(try await Self.name(of: store))
        } catch {
            // The first failure is the one to tell; closing after it can only repeat it.
            try? await store.close()
            throw error
        }
        try await store.close()
    }

    /// Also opens the service where it has not been needed yet.
    static func name(of store: Store) async throws -> String {
        guard let region = try await status(of: store).region else {
            throw CommandFailure(.moduleFailed, "the key service does not say of which region its keys are")
        }
        return region
    }

    static func status(of store: Store) async throws -> Status { try await KeyControl(store: store).ask("status") }

    struct Status: Decodable {
        var region: String?
        var relatedKeysAgree: Bool?
    }
}
#endif
