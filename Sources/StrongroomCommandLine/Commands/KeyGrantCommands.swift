#if CommandLineTool
internal import ArgumentParser
internal import Strongroom

extension KeyCommand {
    struct Grant: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let somebody use a key without changing its policy, and take that back.",
            subcommands: [Create.self, List.self, Revoke.self, Retire.self])

        struct Create: StoreCommand {
            static let configuration = CommandConfiguration(
                abstract: "Let somebody use a key. The token is shown this once.")

            @OptionGroup var key: FixedKeyArgument
            @Option(name: .customLong("to"), help: "Who may, by ARN; the root of an account is everybody of it.")
            var grantee: String
            @Option(
                name: .customLong("operation"),
                help: "What they may do, such as Decrypt or GenerateDataKey; once for each.")
            var operations: [String]
            @Option(help: "Who may give the grant up, by ARN.")
            var retiring: String?
            @Option(help: "What it is called; asking again by that name makes no second grant.")
            var name: String?
            @Option(help: "Only with exactly this encryption context: NAME=VALUE, once for each pair.")
            var contextEquals: [PairArgument] = []
            @Option(help: "Only with an encryption context that has this: NAME=VALUE, once for each pair.")
            var contextSubset: [PairArgument] = []
            @OptionGroup var location: StoreLocation

            func validate() throws {
                if operations.isEmpty { throw ValidationError("Say with --operation what is granted.") }
                if !contextEquals.isEmpty && !contextSubset.isEmpty {
                    throw ValidationError("--context-equals and --context-subset exclude each other.")
                }
            }

            func run(on store: Store, _ console: Console) async throws {
                let equal = try PairArgument.dictionary(contextEquals, of: "--context-equals")
                let subset = try PairArgument.dictionary(contextSubset, of: "--context-subset")
                let grant: GrantRecord = try await KeyControl(store: store).ask(
                    "create-grant",
                    [
                        "keyId": key.id, "granteePrincipal": grantee, "operations": operations,
                        "retiringPrincipal": retiring, "name": name,
                        "encryptionContextEquals": equal.isEmpty ? nil : equal,
                        "encryptionContextSubset": subset.isEmpty ? nil : subset,
                    ])
                console.emit(grant, text: "\(grant.text)\ntoken \(grant.grantToken ?? "")")
            }
        }

        struct List: StoreCommand {
            static let configuration = CommandConfiguration(abstract: "List a key's grants.")

            @OptionGroup var key: FixedKeyArgument
            @OptionGroup var location: StoreLocation

            func run(on store: Store, _ console: Console) async throws {
                let control = KeyControl(store: store)
                for grant in try await control.list("list-grants", ["keyId": key.id], as: GrantRecord.Page.self) {
                    console.emit(grant, text: grant.text)
                }
            }
        }

        struct Revoke: StoreCommand {
            static let configuration = CommandConfiguration(
                abstract: "Take a grant back: what it allowed is refused from then on.")

            @OptionGroup var key: FixedKeyArgument
            @Argument(help: "The grant's id.")
            var grant: String
            @OptionGroup var location: StoreLocation

            func run(on store: Store, _ console: Console) async throws {
                _ = try await KeyControl(store: store).ask(
                    "revoke-grant", ["keyId": key.id, "grantId": grant], for: [String: String].self)
                console.emit(["keyId": key.id, "grantId": grant], text: "revoked \(grant)")
            }
        }

        struct Retire: StoreCommand {
            static let configuration = CommandConfiguration(
                abstract: "Give a grant up, by its token: for whom it is, or who was named for that.")

            @Argument(help: "The grant's token.")
            var token: String
            @OptionGroup var location: StoreLocation

            func run(on store: Store, _ console: Console) async throws {
                _ = try await KeyControl(store: store).ask(
                    "retire-grant", ["grantToken": token], for: [String: String].self)
                console.emit(["grantToken": token], text: "retired")
            }
        }
    }
}

/// A line of `key grant list`, and what `key grant create` answers.
struct GrantRecord: Codable, Equatable {
    var grantId: String
    var keyId: String
    var granteePrincipal: String
    var issuingPrincipal: String
    var operations: [String]
    var createdMilliseconds: Int64
    var name: String?
    var retiringPrincipal: String?
    var encryptionContextEquals: [String: String]?
    var encryptionContextSubset: [String: String]?
    /// Only of a grant that has just been made.
    var grantToken: String?

    struct Page: KeyPage {
        var grants: [GrantRecord]
        var nextMarker: String?
        var items: [GrantRecord] { grants }
    }

    var text: String {
        let called = name.map { "  \(quoted($0))" } ?? ""
        let context = [("exactly ", encryptionContextEquals), ("with ", encryptionContextSubset)].compactMap {
            (word, pairs) in
            pairs.map {
                "  \(word)\($0.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: ","))"
            }
        }.joined()
        return "\(grantId)  \(granteePrincipal)  \(operations.joined(separator: ","))\(context)\(called)"
    }
}
#endif
