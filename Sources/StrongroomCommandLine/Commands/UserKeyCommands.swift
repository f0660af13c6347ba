#if CommandLineTool
internal import ArgumentParser
internal import Strongroom

extension UserCommand {
    struct Key: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "key", abstract: "Make, activate, deactivate and delete a user's access keys.",
            subcommands: [Create.self, Activate.self, Deactivate.self, Delete.self])

        struct Create: StoreCommand {
            static let configuration = CommandConfiguration(
                abstract: "Make an access key, whose secret is printed, once.")

            @Argument(help: "The user.")
            var name: String
            @OptionGroup var location: StoreLocation

            func run(on store: Store, _ console: Console) async throws {
                let key = try await store.createAccessKey(of: name)
                let record = NewAccessKeyRecord(key, of: name)
                try console.emit(record, secret: key.secret, text: record.text, lost: record.lost)
            }
        }

        struct Activate: StoreCommand {
            static let configuration = CommandConfiguration(abstract: "Let requests count that are signed with a key.")

            @OptionGroup var key: AccessKeyArgument
            @OptionGroup var location: StoreLocation

            func run(on store: Store, _ console: Console) async throws {
                try await key.set(isActive: true, store, console)
            }
        }

        struct Deactivate: StoreCommand {
            static let configuration = CommandConfiguration(
                abstract: "Let no request count that is signed with a key, until it is activated.")

            @OptionGroup var key: AccessKeyArgument
            @OptionGroup var location: StoreLocation

            func run(on store: Store, _ console: Console) async throws {
                try await key.set(isActive: false, store, console)
            }
        }

        struct Delete: StoreCommand {
            static let configuration = CommandConfiguration(abstract: "Delete an access key for good.")

            @OptionGroup var key: AccessKeyArgument
            @OptionGroup var location: StoreLocation

            func run(on store: Store, _ console: Console) async throws {
                try await store.deleteAccessKey(key.id, of: key.name)
                console.emit(["userName": key.name, "accessKeyId": key.id], text: "deleted \(key.id)")
            }
        }
    }
}

/// Whose access key, and which.
struct AccessKeyArgument: ParsableArguments {
    @Argument(help: "The user.")
    var name: String
    @Argument(help: "The access key's id.")
    var id: String

    func set(isActive: Bool, _ store: Store, _ console: Console) async throws {
        try await store.setAccessKey(id, of: name, isActive: isActive)
        for key in try await store.user(named: name).accessKeys where key.id == id {
            let record = AccessKeyRecord(key)
            console.emit(record, text: record.text)
        }
    }
}
#endif
