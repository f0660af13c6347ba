#if CommandLineTool
import Testing

@testable import StrongroomCommandLine

/// Threats 32: keys never become file names on their own authority.
@Suite("Export names")
struct ExportNameTests {
    @Test(
        "a key that leads outside, or to no file, is refused and named",
        arguments: [
            "..", ".", "../x", "a/../b", "a/..", "a/./b", "/etc/passwd", "/", "a//b", "a/", "", "x\0y",
            String(repeating: "n", count: 256), "a/" + String(repeating: "é", count: 128), "../\u{301}x",
        ])
    func refused(key: String) {
        let error = #expect(throws: CommandFailure.self) { try ExportName(key: key) }
        #expect(error?.code == .unsafeFileName)
        #expect(error?.message.contains(quoted(key)) == true)
    }

    @Test(
        "every other key is a path of exactly its own names",
        arguments: [
            "a", "a/b/c", "...", "..a", "a..", ".hidden", "C:\\x", "a b/ü\n", "-rf", "~", "$HOME", "\u{202E}gpj.exe",
            String(repeating: "n", count: 255),
        ])
    func accepted(key: String) throws {
        #expect(try ExportName(key: key).components.joined(separator: "/") == key)
    }

    @Test("a slash is one whatever stands behind it, as for the system")
    func combiningMarks() throws {
        #expect(try ExportName(key: "a/\u{301}b").components.count == 2)
    }

    @Test("an empty object whose key ends in a slash is a folder; with bytes it has no place")
    func folders() throws {
        let name = try ExportName(key: "p/a/b/", prefix: "p/", isEmpty: true)
        #expect(name.isDirectory && name.components == ["a", "b"] && Array(name.directories) == ["a", "b"])
        #expect(try ExportName(key: "p/", prefix: "p/", isEmpty: true).components.isEmpty)
        #expect(try Array(ExportName(key: "a/b", isEmpty: true).directories) == ["a"])
        for key in ["/", "a//", "../"] {
            #expect(throws: CommandFailure.self) { try ExportName(key: key, isEmpty: true) }
        }
    }

    /// The story: of a key that is no more than the prefix, the message named nothing.
    @Test("a key that is refused is named as a whole")
    func named() {
        let error = #expect(throws: CommandFailure.self) { try ExportName(key: "p/", prefix: "p/") }
        #expect(error?.message.hasPrefix("the key \"p/\" cannot be") == true)
    }

    @Test("a key cannot paint the terminal")
    func quoting() {
        #expect(quoted("a\u{1B}[2J\n\"\\\u{202E}ü") == #""a\u{1b}[2J\u{a}\"\\\u{202e}ü""#)
    }
}
#endif
