import Foundation
import Testing

/// The code in the article is code that is compiled and run here.
@Suite("The article \"Testing your app\"")
struct ArticleTests {
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    static func lines(_ path: String) throws -> [Substring] {
        try String(contentsOf: root.appending(path: path), encoding: .utf8)
            .split(separator: "\n", omittingEmptySubsequences: false)
    }

    /// What stands between one mark and the next, every second time, without its common indentation.
    static func blocks(_ lines: [Substring], from opening: String, to closing: String) -> [String] {
        var blocks: [String] = []
        var block: [Substring]?
        for line in lines {
            let mark = line.drop { $0 == " " }
            if let open = block {
                guard mark == closing else {
                    block = open + [line]
                    continue
                }
                let indentation = open.filter { !$0.isEmpty }.map { $0.prefix { $0 == " " }.count }.min() ?? 0
                blocks.append(open.map { String($0.dropFirst(indentation)) }.joined(separator: "\n"))
                block = nil
            } else if mark == opening {
                block = []
            }
        }
        return blocks
    }

    @Test("It shows the examples as they are, in their order")
    func examples() throws {
        let compiled = Self.blocks(
            try Self.lines("Tests/StrongroomTestingTests/ArticleExamples.swift"), from: "// ARTICLE", to: "// ARTICLE")
        let shown = Self.blocks(
            try Self.lines("Sources/StrongroomTesting/StrongroomTesting.docc/TestingYourApp.md"),
            from: "```swift", to: "```")
        #expect(compiled.count == 4)
        // The first one is a manifest, which no test can compile.
        #expect(Array(shown.dropFirst()) == compiled)
    }
}
