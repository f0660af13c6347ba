#if CommandLineTool
internal import ArgumentParser

/// The account that serial numbers and the ARNs of roles are of.
struct AccountArgument: ParsableArguments {
    @Option(help: "The account's 12 digits, as `serve` is given them; serial numbers and ARNs have them.")
    var account = "000000000000"

    func validate() throws {
        guard account.utf8.count == 12, account.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            throw ValidationError("'\(account)' is no account; give its 12 digits.")
        }
    }
}
#endif
