#if CommandLineTool
internal import ArgumentParser
internal import Glibc
internal import SystemPackage

/// A word where a command's name stands, and that is none.
///
/// `backup` takes a folder's name there, and a mistyped one (`backup verfy`) would make a folder of that name and copy
/// the store into it. So a bare word that is nearly one of theirs is refused, unless there is such a folder; who means
/// one writes `./verfy`.
enum MistypedSubcommand {
    /// What to say of a command line that cannot be parsed because there is no such command; nil where it is not that.
    static func explanation(_ arguments: [String]) -> String? {
        var command: any ParsableCommand.Type = StrongroomCommand.self
        var path: [String] = []
        for word in arguments.drop(while: { $0 == "help" }) {
            let names = command.configuration.subcommands.map { $0._commandName }
            if let next = names.firstIndex(of: word) {
                command = command.configuration.subcommands[next]
                path.append(word)
                continue
            }
            let takesWords = names.isEmpty || command.configuration.defaultSubcommand != nil
            guard !word.hasPrefix("-"), !takesWords else { return nil }
            let all = "`\((["strongroom"] + path + ["--help"]).joined(separator: " "))` lists the commands."
            let none = "There is no command \(quoted((path + [word]).joined(separator: " ")))"
            guard let meant = closest(to: word, of: names) else { return "\(none); \(all)" }
            return "\(none); if you mean `\((path + [meant]).joined(separator: " "))`, write that. \(all)"
        }
        return nil
    }

    static func check(_ word: String) throws {
        guard !word.contains("/"), !word.contains("."), let meant = closestOfBackup(to: word) else { return }
        // Safe: the call only reads the path, for as long as it takes.
        guard unsafe access(Surroundings.current.path(word).string, F_OK) != 0 else { return }
        throw ValidationError(
            "There is no folder \(quoted(word)); if you mean `backup \(meant)`, write that, and if you mean a new "
                + "folder, ./\(word).")
    }

    static func closestOfBackup(to word: String) -> String? {
        let name = closest(to: word, of: BackupCommand.configuration.subcommands.map { $0._commandName } + ["help"])
        return name == "help" ? "--help" : name
    }

    /// The name that the word is nearly, if any; of four letters one may be wrong, of six two.
    private static func closest(to word: String, of names: [String]) -> String? {
        let near = names.map { ($0, distance(Array(word.utf8), Array($0.utf8))) }.filter { $1 <= $0.utf8.count / 3 }
        return near.min { $0.1 < $1.1 }?.0
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
