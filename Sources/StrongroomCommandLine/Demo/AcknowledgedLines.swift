#if CommandLineTool
internal import FoundationEssentials
internal import SystemPackage

/// What an import that was killed had printed: whole lines only, as a script would read them.
enum AcknowledgedLines {
    static func keys(_ file: FilePath) throws -> [String] {
        try whole(file).map { try JSONLines.decode(ObjectRecord.self, from: $0).key }
    }

    static func count(_ file: FilePath) throws(CommandFailure) -> Int {
        try whole(file).count
    }

    private static func whole(_ file: FilePath) throws(CommandFailure) -> [String] {
        let text = try TextFile.readIfPresent(file, bytesMax: 1 << 30) ?? ""
        // What stands after the last newline was cut by the kill.
        return text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init)
    }
}
#endif
