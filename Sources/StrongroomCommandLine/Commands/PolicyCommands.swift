#if CommandLineTool
internal import ArgumentParser
internal import Strongroom

/// Whom policies of its own let do something: a user, or a role.
protocol PolicyOwner: Sendable {
    /// Also the command that shows one with its policies.
    static var noun: String { get }
    /// From when on a policy counts, in a sentence.
    static var effect: String { get }

    /// - Parameter document: nil takes the policy away.
    static func setPolicy(
        _ document: String?, named policyName: String, of name: String, in store: Store
    ) async throws(StoreError) -> ChangeReceipt
}

enum UserPolicies: PolicyOwner {
    static let noun = "user"
    static let effect = "It counts from the next request on."

    static func setPolicy(
        _ document: String?, named policyName: String, of name: String, in store: Store
    ) async throws(StoreError) -> ChangeReceipt {
        try await store.setUserPolicy(document, named: policyName, of: name)
    }
}

enum RolePolicies: PolicyOwner {
    static let noun = "role"
    static let effect = "Sessions that there are have it from the next request on."

    static func setPolicy(
        _ document: String?, named policyName: String, of name: String, in store: Store
    ) async throws(StoreError) -> ChangeReceipt {
        try await store.setRolePolicy(document, named: policyName, of: name)
    }
}

/// `user policy` and `role policy`.
struct PolicyCommand<Owner: PolicyOwner>: AsyncParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "policy",
            abstract: "Give a \(Owner.noun) policies, which say what may be done as it, and take them away.",
            subcommands: [PutPolicyCommand<Owner>.self, RemovePolicyCommand<Owner>.self])
    }
}

struct PutPolicyCommand<Owner: PolicyOwner>: StoreCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "put",
            abstract: "Give a \(Owner.noun) a policy, in place of the one of that name where there is one.",
            discussion: """
                A policy is a document in the language of AWS's policies that names no principal: it is about the \
                \(Owner.noun). \(Owner.effect)
                """)
    }

    @OptionGroup var policy: PolicyArgument<Owner>
    @Argument(help: "The file with the document; - is standard input.")
    var file: String
    @OptionGroup var location: StoreLocation

    func validate() throws { try location.checkStandardInput(["the document": file]) }

    func run(on store: Store, _ console: Console) async throws {
        let document = try await TextFile.contents(of: file)
        _ = try await Owner.setPolicy(document, named: policy.policyName, of: policy.name, in: store)
        console.emit(policy.record, text: "\(policy.name) has the policy \(policy.policyName)")
    }
}

struct RemovePolicyCommand<Owner: PolicyOwner>: StoreCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(commandName: "remove", abstract: "Take a policy away from a \(Owner.noun).")
    }

    @OptionGroup var policy: PolicyArgument<Owner>
    @OptionGroup var location: StoreLocation

    func run(on store: Store, _ console: Console) async throws {
        let receipt = try await Owner.setPolicy(nil, named: policy.policyName, of: policy.name, in: store)
        guard receipt.lsn != nil else {
            throw CommandFailure(
                .notFound,
                "\(policy.name) has no policy \(quoted(policy.policyName)); `\(Owner.noun) show` lists them.")
        }
        console.emit(policy.record, text: "removed the policy \(policy.policyName)")
    }
}

/// Whose policy, and which.
struct PolicyArgument<Owner: PolicyOwner>: ParsableArguments {
    @Argument(help: "The \(Owner.noun).")
    var name: String
    @Argument(help: "The policy's name: 1 to 128 letters, digits and +=,.@_-")
    var policyName: String

    /// As the records of users and roles name them.
    var record: [String: String] { ["\(Owner.noun)Name": name, "policyName": policyName] }
}
#endif
