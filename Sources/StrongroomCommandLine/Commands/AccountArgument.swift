#if CommandLineTool
internal import ArgumentParser

/// The account that serial numbers and the ARNs of roles are of.
struct AccountArgument: ParsableArguments {
    @Option(help: "The account's 12 digits, as `serve` is given them; serial numbers and ARNs have them.")
    var account = "000000000000"

    func validate() throws { try Self.check(account) }

    static func check(_ account: String) throws {
        guard account.utf8.count == 12, account.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            throw ValidationError("\(quoted(account)) is no account; give its 12 digits.")
        }
    }
}

/// The region that ARNs and signatures name.
enum RegionName {
    private static let letters = Set("abcdefghijklmnopqrstuvwxyz0123456789-".utf8)

    static func check(_ region: String) throws {
        guard (1...32).contains(region.utf8.count), region.utf8.allSatisfy(letters.contains) else {
            throw ValidationError("\(quoted(region)) is no region; give a name such as eu-west-1.")
        }
    }
}
#endif
