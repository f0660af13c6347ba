#if CommandLineTool
internal import ArgumentParser
internal import Strongroom

struct RoleCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "role",
        abstract: "Make, list, show and delete roles, which users of the store's endpoints assume.",
        discussion: """
            Whoever a role's trust policy lets assume it gets temporary credentials (AssumeRole), which may do what the \
            role's policies allow. A trust policy is a document in the language of AWS's policies whose statements name \
            principals and sts:AssumeRole, and no resource.
            """,
        subcommands: [
            Create.self, List.self, Show.self, Trust.self, Duration.self, PolicyCommand<RolePolicies>.self, Delete.self,
        ])

    struct Create: StoreCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a role, whose sessions may do nothing until it has a policy.")

        @Argument(help: "1 to 64 letters, digits and +=,.@_-")
        var name: String
        @Argument(help: "The file with the trust policy: who may assume the role; - is standard input.")
        var trustPolicy: String
        @Option(help: "How long sessions last at most, in seconds: 3600 to 43200.")
        var maxSessionDuration = 3_600
        @OptionGroup var account: AccountArgument
        @OptionGroup var location: StoreLocation

        func validate() throws {
            try SessionSeconds.check(maxSessionDuration, "--max-session-duration")
            try location.checkStandardInput(["the trust policy": trustPolicy])
        }

        func run(on store: Store, _ console: Console) async throws {
            let document = try await TextFile.contents(of: trustPolicy)
            let role = try await store.createRole(
                named: name, trustPolicy: document, maximumSessionSeconds: maxSessionDuration)
            let record = RoleRecord(role, account: account.account)
            console.emit(record, text: "created \(name)\n\(record.arn)")
        }
    }

    struct List: StoreCommand {
        static let configuration = CommandConfiguration(abstract: "List the roles.")

        @OptionGroup var account: AccountArgument
        @OptionGroup var location: StoreLocation

        func run(on store: Store, _ console: Console) async throws {
            for role in try await store.listRoles() {
                let record = RoleRecord(role, account: account.account)
                console.emit(record, text: record.text)
            }
        }
    }

    struct Show: StoreCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show a role, who may assume it, and its policies.")

        @Argument(help: "The role.")
        var name: String
        @OptionGroup var account: AccountArgument
        @OptionGroup var location: StoreLocation

        func run(on store: Store, _ console: Console) async throws {
            let record = RoleRecord(
                try await store.role(named: name), account: account.account, withPolicies: true)
            console.emit(record, text: record.wholeText)
        }
    }

    struct Trust: StoreCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say anew who may assume a role.",
            discussion: "Sessions that there are go on until they end; deleting the role ends them at once.")

        @Argument(help: "The role.")
        var name: String
        @Argument(help: "The file with the trust policy; - is standard input.")
        var trustPolicy: String
        @OptionGroup var location: StoreLocation

        func validate() throws { try location.checkStandardInput(["the trust policy": trustPolicy]) }

        func run(on store: Store, _ console: Console) async throws {
            let document = try await TextFile.contents(of: trustPolicy)
            try await store.setTrustPolicy(document, of: name)
            console.emit(["roleName": name], text: "\(name) has the trust policy")
        }
    }

    struct Duration: StoreCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say anew how long sessions of a role last at most.")

        @Argument(help: "The role.")
        var name: String
        @Argument(help: "In seconds: 3600 to 43200.")
        var seconds: Int
        @OptionGroup var location: StoreLocation

        private struct Record: Encodable {
            var roleName: String
            var maxSessionDuration: Int
        }

        func validate() throws { try SessionSeconds.check(seconds, "the duration") }

        func run(on store: Store, _ console: Console) async throws {
            try await store.setMaximumSessionSeconds(seconds, of: name)
            console.emit(
                Record(roleName: name, maxSessionDuration: seconds),
                text: "sessions of \(name) last at most \(seconds) s")
        }
    }

    struct Delete: StoreCommand {
        static let configuration = CommandConfiguration(
            abstract: "Delete a role with its policies; its sessions end at once.")

        @Argument(help: "The role.")
        var name: String
        @OptionGroup var location: StoreLocation

        func run(on store: Store, _ console: Console) async throws {
            try await store.deleteRole(named: name)
            console.emit(["roleName": name], text: "deleted \(name)")
        }
    }
}

/// How long sessions of a role may last, as AWS has it.
private enum SessionSeconds {
    static func check(_ seconds: Int, _ name: String) throws {
        guard (3_600...43_200).contains(seconds) else {
            throw ValidationError("\(name) may be 3600 to 43200 seconds, and not \(seconds).")
        }
    }
}
#endif
