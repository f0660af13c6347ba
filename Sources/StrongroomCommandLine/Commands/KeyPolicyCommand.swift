#if CommandLineTool
internal import ArgumentParser
internal import Strongroom
internal import SystemPackage

extension KeyCommand {
    struct Policy: StoreCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show a key's policy, or put another: who may do what with the key.",
            discussion: """
                A policy is a document in the language of AWS's policies. It decides alone, and at once: what none of \
                its statements allows is refused, to this command too. One that would not let its giver put another is \
                refused, unless that check is bypassed.
                """)

        @Argument(help: "The key's id, alias or ARN; with --set its id or ARN.")
        var key: String
        @Option(help: "A file with the policy to put; - is standard input.")
        var set: String?
        @Flag(help: "Put it even where nobody could put another afterwards.")
        var bypassLockoutCheck = false
        @OptionGroup var location: StoreLocation

        func validate() throws {
            if bypassLockoutCheck && set == nil { throw ValidationError("--bypass-lockout-check goes with --set.") }
            try location.checkStandardInput(["--set": set])
        }

        func run(on store: Store, _ console: Console) async throws {
            let control = KeyControl(store: store)
            let record: KeyPolicyRecord
            if let set {
                record = KeyPolicyRecord(keyId: key, policy: try await TextFile.contents(of: set))
                // Printed as it was put: to read it back may be what it does not allow.
                _ = try await control.ask(
                    "put-key-policy",
                    [
                        "keyId": key, "policy": record.policy,
                        "bypassLockoutCheck": bypassLockoutCheck ? "true" : "false",
                    ], for: [String: String].self)
            } else {
                record = try await control.ask("get-key-policy", ["keyId": key])
            }
            console.emit(record, text: record.policy)
        }
    }
}

/// What `key policy` answers.
struct KeyPolicyRecord: Codable, Equatable {
    /// As it was named.
    var keyId: String
    var policy: String
}
#endif
