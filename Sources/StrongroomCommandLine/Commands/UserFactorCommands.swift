#if CommandLineTool
internal import ArgumentParser
internal import Strongroom

extension UserCommand {
    struct Factor: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "mfa", abstract: "Give users a second factor, which shows codes, list them, take them away.",
            discussion: """
                A user with a second factor asks the endpoint for temporary credentials with the serial number and a \
                code (GetSessionToken). Policies may ask for such credentials, by aws:MultiFactorAuthPresent.
                """,
            subcommands: [Enable.self, List.self, Disable.self])

        struct Enable: StoreCommand {
            static let configuration = CommandConfiguration(
                abstract: "Make a second factor, whose secret is printed, once, for an authenticator.",
                discussion: "The codes have six digits, and change every 30 seconds (RFC 6238, SHA-1).")

            @Argument(help: "The user.")
            var name: String
            @OptionGroup var account: AccountArgument
            @OptionGroup var location: StoreLocation

            func run(on store: Store, _ console: Console) async throws {
                let factor = try await store.enableSecondFactor(of: name)
                let record = NewFactorRecord(factor, of: name, account: account.account)
                try console.emit(record, secret: factor.secret, text: record.text, lost: record.lost)
            }
        }

        struct List: StoreCommand {
            static let configuration = CommandConfiguration(abstract: "List the users who have a second factor.")

            @OptionGroup var account: AccountArgument
            @OptionGroup var location: StoreLocation

            func run(on store: Store, _ console: Console) async throws {
                for user in try await store.listUsers() {
                    guard let factor = user.secondFactor else { continue }
                    let record = FactorRecord(factor, of: user.name, account: account.account)
                    console.emit(record, text: record.text)
                }
            }
        }

        struct Disable: StoreCommand {
            static let configuration = CommandConfiguration(abstract: "Take a user's second factor away.")

            @Argument(help: "The user.")
            var name: String
            @OptionGroup var location: StoreLocation

            func run(on store: Store, _ console: Console) async throws {
                try await store.disableSecondFactor(of: name)
                console.emit(["userName": name], text: "\(name) has no second factor")
            }
        }
    }
}
#endif
