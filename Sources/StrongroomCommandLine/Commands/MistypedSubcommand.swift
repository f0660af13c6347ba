#if CommandLineTool
internal import ArgumentParser
internal import Glibc
internal import SystemPackage

/// `backup` takes a folder's name where its subcommands stand, and a mistyped one (`backup verfy`) would make a folder
/// of that name and copy the store into it. So a bare word that is nearly one of theirs is refused, unless there is
/// such a folder; who means one writes `./verfy`.
enum MistypedSubcommand {
    static func check(_ word: String) throws {
        guard !word.contains("/"), !word.contains("."), let meant = closest(to: word) else { return }
        // Safe: the call only reads the path, for as long as it takes.
        guard unsafe access(Surroundings.current.path(word).string, F_OK) != 0 else { return }
        throw ValidationError(
            "There is no folder \(quoted(word)); if you mean `backup \(meant)`, write that, and if you mean a new "
                + "folder, ./\(word).")
    }

    /// The subcommand that the word is nearly, if any; of four letters one may be wrong, of six two.
    static func closest(to word: String) -> String? {
        let names = BackupCommand.configuration.subcommands.map { $0._commandName } + ["help"]
        let name = names.first { distance(Array(word.utf8), Array($0.utf8)) <= $0.utf8.count / 3 }
        return name == "help" ? "--help" : name
    }

    /// How many letters are left out, put in, replaced, or swapped with the next one, to make one word of the other.
    private static func distance(_ word: [UInt8], _ other: [UInt8]) -> Int {
        var rows = [Array(0...other.count)]
        for (i, letter) in word.enumerated() {
            var row = [i + 1]
            for (j, wanted) in other.enumerated() {
                var least = min(row[j] + 1, rows[i][j + 1] + 1, rows[i][j] + (letter == wanted ? 0 : 1))
                if i > 0, j > 0, letter == other[j - 1], word[i - 1] == wanted {
                    least = min(least, rows[i - 1][j - 1] + 1)
                }
                row.append(least)
            }
            rows.append(row)
        }
        return rows[word.count][other.count]
    }
}
#endif
