#if CommandLineTool
internal import ArgumentParser

/// `-` in the place of a file's name. It can be read once: whoever named it twice would get nothing the second time.
enum StandardInput {
    static let name = "-"

    /// - Parameter files: what is read, by the option or argument that names it.
    /// - Throws: wrong usage where two of them are standard input.
    static func check(_ files: [(key: String, value: String?)]) throws {
        let named = files.filter { $0.value == name }.map(\.key)
        guard named.count > 1 else { return }
        throw ValidationError(
            "\(named.joined(separator: " and ")) are both standard input, which can be read once; name a file for one.")
    }
}

extension StoreLocation {
    /// The same for what a command reads beside the passphrase of its store.
    func checkStandardInput(_ files: KeyValuePairs<String, String?>) throws {
        try StandardInput.check(Array(files) + [(key: "--passphrase-file", value: keys.passphraseFile)])
    }
}
#endif
