#if CommandLineTool
internal import ArgumentParser
internal import Strongroom

extension RoleCommand {
    struct Policy: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "policy",
            abstract: "Give a role policies, which say what its sessions may do, and take them away.",
            subcommands: [Put.self, Remove.self])

        struct Put: StoreCommand {
            static let configuration = CommandConfiguration(
                abstract: "Give a role a policy, in place of the one of that name where there is one.",
                discussion: """
                    A policy is a document in the language of AWS's policies that names no principal: it is about the \
                    role. Sessions that there are have it from the next request on.
                    """)

            @OptionGroup var policy: RolePolicyArgument
            @Argument(help: "The file with the document; - is standard input.")
            var file: String
            @OptionGroup var location: StoreLocation

            func run(on store: Store, _ console: Console) async throws {
                let file = file
                let document = try await Offload.run { () throws(CommandFailure) in try TextFile.read(file) }
                try await store.setRolePolicy(document, named: policy.policyName, of: policy.name)
                console.say("\(policy.name) has the policy \(policy.policyName)")
            }
        }

        struct Remove: StoreCommand {
            static let configuration = CommandConfiguration(abstract: "Take a policy away from a role.")

            @OptionGroup var policy: RolePolicyArgument
            @OptionGroup var location: StoreLocation

            func run(on store: Store, _ console: Console) async throws {
                let receipt = try await store.setRolePolicy(nil, named: policy.policyName, of: policy.name)
                guard receipt.lsn != nil else {
                    throw CommandFailure(
                        .notFound,
                        "\(policy.name) has no policy \(quoted(policy.policyName)); `role show` lists them.")
                }
                console.say("removed the policy \(policy.policyName)")
            }
        }
    }
}

/// Whose policy, and which.
struct RolePolicyArgument: ParsableArguments {
    @Argument(help: "The role.")
    var name: String
    @Argument(help: "The policy's name: 1 to 128 letters, digits and +=,.@_-")
    var policyName: String
}
#endif
