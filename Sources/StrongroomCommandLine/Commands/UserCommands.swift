#if CommandLineTool
internal import ArgumentParser
internal import Strongroom

struct UserCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "user", abstract: "Make, list, show and delete the users of the store's endpoints.",
        discussion: """
            A user signs requests with access keys, and may do what its policies allow; an administrator may do \
            everything. This command needs no user: whoever has the store and its keyring may do everything.
            """,
        subcommands: [
            Create.self, List.self, Show.self, Administrator.self, Delete.self, Key.self, Factor.self,
            PolicyCommand<UserPolicies>.self,
        ])

    struct Create: StoreCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a user with an access key, whose secret is printed, once.")

        @Flag(help: "Let the user do everything.")
        var administrator = false
        @Argument(help: "1 to 64 letters, digits and +=,.@_-")
        var name: String
        @OptionGroup var location: StoreLocation

        func run(on store: Store, _ console: Console) async throws {
            let user = try await store.createUser(named: name, isAdministrator: administrator)
            let key: NewAccessKey
            do {
                key = try await store.createAccessKey(of: name)
            } catch {
                console.warn("the user \(name) was made, and did not get an access key")
                throw error
            }
            let record = NewAccessKeyRecord(key, of: name, made: user)
            try console.emit(
                record, secret: key.secret, text: "created \(name)\n" + record.text,
                lost: "The user \(name) was made. " + record.lost)
        }
    }

    struct List: StoreCommand {
        static let configuration = CommandConfiguration(abstract: "List the users.")

        @OptionGroup var location: StoreLocation

        func run(on store: Store, _ console: Console) async throws {
            for user in try await store.listUsers() {
                let record = UserRecord(user)
                console.emit(record, text: record.text)
            }
        }
    }

    struct Show: StoreCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show a user, its access keys without their secrets, and its policies.")

        @Argument(help: "The user.")
        var name: String
        @OptionGroup var location: StoreLocation

        func run(on store: Store, _ console: Console) async throws {
            let record = UserRecord(try await store.user(named: name), withPolicies: true)
            console.emit(record, text: record.wholeText)
        }
    }

    struct Administrator: StoreCommand {
        static let configuration = CommandConfiguration(abstract: "Say whether a user may do everything.")

        enum State: String, ExpressibleByArgument, CaseIterable {
            case on
            case off
        }

        @Argument(help: "The user.")
        var name: String
        @Argument(help: "on or off.")
        var state: State
        @OptionGroup var location: StoreLocation

        func run(on store: Store, _ console: Console) async throws {
            try await store.setAdministrator(state == .on, of: name)
            let record = UserRecord(try await store.user(named: name))
            console.emit(record, text: record.text)
        }
    }

    struct Delete: StoreCommand {
        static let configuration = CommandConfiguration(
            abstract: "Delete a user with its access keys and policies.")

        @Argument(help: "The user.")
        var name: String
        @OptionGroup var location: StoreLocation

        func run(on store: Store, _ console: Console) async throws {
            try await store.deleteUser(named: name)
            console.emit(["userName": name], text: "deleted \(name)")
        }
    }
}
#endif
