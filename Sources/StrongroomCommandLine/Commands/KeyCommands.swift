#if CommandLineTool
internal import ArgumentParser
internal import Strongroom

struct KeyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "key",
        abstract:
            "Make, list, rotate, disable and delete the keys of the store's key service, and say who may use them.",
        discussion: """
            They seal the data keys of objects under aws:kms. Whoever disables one locks its objects; whoever deletes one \
            destroys them.
            """,
        subcommands: [
            Create.self, List.self, Describe.self, Enable.self, Disable.self, ScheduleDeletion.self,
            CancelDeletion.self, Rotate.self, RotateManaged.self, Rotations.self, Rotation.self, Usage.self, Tag.self,
            Policy.self, Grant.self, Alias.self, Replicate.self, Primary.self, Synchronize.self,
        ])

    struct Create: StoreCommand {
        static let configuration = CommandConfiguration(abstract: "Make a key.")

        @Option(help: "A name for it, such as alias/app.")
        var alias: String?
        @Option(help: "What it is for.")
        var description: String?
        @Option(help: "A file with its policy, - is standard input; by default everybody of the account may use it.")
        var policy: String?
        @Flag(help: "With --policy: make it even where nobody could put another policy afterwards.")
        var bypassLockoutCheck = false
        @Flag(help: "Let it have replicas in the keyrings of other regions; that is fixed.")
        var multiRegion = false
        @OptionGroup var location: StoreLocation

        func validate() throws {
            // Before the key is made: nobody wants one without the name that it was to have.
            try alias.map { try AliasArgument.check($0) }
            if bypassLockoutCheck && policy == nil {
                throw ValidationError("--bypass-lockout-check goes with --policy.")
            }
            try location.checkStandardInput(["--policy": policy])
        }

        func run(on store: Store, _ console: Console) async throws {
            let control = KeyControl(store: store)
            if let alias { try await control.checkNobodyHas(alias) }
            let key: KeyRecord = try await control.ask(
                "create-key",
                [
                    "description": description, "policy": try await TextFile.contents(ifNamed: policy),
                    "bypassLockoutCheck": bypassLockoutCheck ? "true" : nil,
                    "multiRegion": multiRegion ? "true" : nil,
                ])
            if let alias {
                do {
                    _ = try await control.ask(
                        "create-alias", ["aliasName": alias, "targetKeyId": key.keyId], for: AliasRecord.self)
                } catch {
                    // The key is there, and nobody who does not see its id could name it again.
                    let id = key.keyId
                    console.warn(
                        "the key \(id) was made, and did not get its alias; give it one with "
                            + "`key alias create NAME \(id)`, or delete it with `key schedule-deletion \(id)`")
                    throw error
                }
            }
            console.emit(KeyLine(key), text: key.text)
        }
    }

    struct List: StoreCommand {
        static let configuration = CommandConfiguration(abstract: "List the keys.")

        @OptionGroup var location: StoreLocation

        func run(on store: Store, _ console: Console) async throws {
            for key in try await KeyControl(store: store).list("list-keys", as: KeyRecord.Page.self) {
                console.emit(KeyLine(key), text: key.text)
            }
        }
    }

    struct Describe: StoreCommand {
        static let configuration = CommandConfiguration(abstract: "Show a key.")

        @OptionGroup var key: KeyArgument
        @OptionGroup var location: StoreLocation

        func run(on store: Store, _ console: Console) async throws {
            try await key.ask("describe-key", store, console)
        }
    }

    struct Enable: StoreCommand {
        static let configuration = CommandConfiguration(abstract: "Let a key be used again.")

        @OptionGroup var key: KeyArgument
        @OptionGroup var location: StoreLocation

        func run(on store: Store, _ console: Console) async throws {
            try await key.ask("enable-key", store, console)
        }
    }

    struct Disable: StoreCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let a key be used by nobody: its objects cannot be read until it is enabled.")

        @OptionGroup var key: KeyArgument
        @OptionGroup var location: StoreLocation

        func run(on store: Store, _ console: Console) async throws {
            try await key.ask("disable-key", store, console)
        }
    }

    struct Rotate: StoreCommand {
        static let configuration = CommandConfiguration(
            abstract: "Give a key a new version, which seals from now on. The old ones still open what they sealed.")

        @OptionGroup var key: KeyArgument
        @OptionGroup var location: StoreLocation

        func run(on store: Store, _ console: Console) async throws {
            try await key.ask("rotate-key", store, console)
        }
    }

    struct RotateManaged: StoreCommand {
        static let configuration = CommandConfiguration(
            commandName: "rotate-managed",
            abstract: "Give the store's own key, under which AES256 keeps its data keys, a new version.",
            discussion: "It is for new objects; `encryption rewrap` takes those along that are there.")

        @OptionGroup var location: StoreLocation

        func run(on store: Store, _ console: Console) async throws {
            try await store.rotateManagedKey()
            console.emit(
                ["serverSideEncryption": "AES256"],
                text: "rotated the store's own key; `encryption rewrap` wraps the data keys anew that are there")
        }
    }

    struct Rotations: StoreCommand {
        static let configuration = CommandConfiguration(
            abstract: "List a key's versions, and how many objects are still under each.")

        @OptionGroup var key: KeyArgument
        @Flag(help: "Leave out the first version, and one that waits for a rotation.")
        var rotationsOnly = false
        @OptionGroup var location: StoreLocation

        func run(on store: Store, _ console: Console) async throws {
            let versions = try await KeyControl(store: store).list(
                "list-rotations",
                ["keyId": key.id, "includeKeyMaterial": rotationsOnly ? "ROTATIONS_ONLY" : nil],
                as: RotationRecord.Page.self)
            let usage = try await Self.usage(of: key.id, store, console)
            for var version in versions {
                version.count(usage)
                console.emit(version, text: version.text)
            }
        }

        /// Nil while nobody knows.
        private static func usage(of key: String, _ store: Store, _ console: Console) async throws -> KeyUsage? {
            do throws(StoreError) {
                return try await store.keyUsage(of: key)
            } catch {
                guard error.code == .keyUsageIncomplete else { throw error }
                console.warn(error.message)
                return nil
            }
        }
    }
}

extension KeyCommand {
    struct Alias: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Give keys names, and point names to other keys. Objects stay under the key they are under.",
            subcommands: [Create.self, Update.self, Delete.self, List.self])

        struct Create: StoreCommand {
            static let configuration = CommandConfiguration(abstract: "Give a key a name.")

            @OptionGroup var alias: AliasArgument
            @OptionGroup var key: FixedKeyArgument
            @OptionGroup var location: StoreLocation

            func run(on store: Store, _ console: Console) async throws {
                try await alias.ask("create-alias", key, store, console)
            }
        }

        struct Update: StoreCommand {
            static let configuration = CommandConfiguration(abstract: "Point a name to another key.")

            @OptionGroup var alias: AliasArgument
            @OptionGroup var key: FixedKeyArgument
            @OptionGroup var location: StoreLocation

            func run(on store: Store, _ console: Console) async throws {
                try await alias.ask("update-alias", key, store, console)
            }
        }

        struct Delete: StoreCommand {
            static let configuration = CommandConfiguration(abstract: "Delete a name; the key stays.")

            @OptionGroup var alias: AliasArgument
            @OptionGroup var location: StoreLocation

            func run(on store: Store, _ console: Console) async throws {
                let deleted: [String: String] = try await KeyControl(store: store).ask(
                    "delete-alias", ["aliasName": alias.name])
                let name = deleted["aliasName"] ?? alias.name
                console.emit(["aliasName": name], text: "deleted \(quoted(name))")
            }
        }

        struct List: StoreCommand {
            static let configuration = CommandConfiguration(abstract: "List the names.")

            @OptionGroup var location: StoreLocation

            func run(on store: Store, _ console: Console) async throws {
                for alias in try await KeyControl(store: store).list("list-aliases", as: AliasRecord.Page.self) {
                    console.emit(alias, text: alias.text)
                }
            }
        }
    }
}
#endif
