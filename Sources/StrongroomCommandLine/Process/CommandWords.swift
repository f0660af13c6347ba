#if CommandLineTool
/// The library's remedies in the words of the command line: who types commands has no methods to call.
enum CommandWords {
    private static let words: KeyValuePairs = [
        "Name the place where it is, or open the store locked.":
            "Name the directory where it is with --keyring, or restore it from its copy: without it nothing sealed can be "
            + "read.",
        "see Store.confirmClock()": "see: strongroom clock",
        "StoreOptions.whenRolledBack = .accept (--accept-rollback)": "--accept-rollback",
        "StoreOptions.anchorCounter (--anchor-counter)": "--anchor-counter",
        "allow them with setAllowedEncryption(_:)": "allow them with `bucket encryption NAME --allow-sse-c`",
        "present it, with Bucket.presenting(_:)": "name its file with --sse-c-key-file",
        "exists already; Store.bucket(_:) names it.": "exists already; choose another name, or use that one.",
        "opened by a passphrase; give it.": "opened by a passphrase; name the file that has it with --passphrase-file.",
        "or bypass this check.": "or bypass this check with --bypass-lockout-check.",
    ]

    static func of(_ message: String) -> String {
        var message = message
        for (library, own) in words {
            for range in message.ranges(of: library).reversed() { message.replaceSubrange(range, with: own) }
        }
        return message
    }
}
#endif
