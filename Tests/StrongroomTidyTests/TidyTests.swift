import Testing

/// The house's rules that a machine can check. A rule that only a reader can check stands in no test.
@Suite("Tidy")
struct TidyTests {
    @Test("the tree was found")
    func treeWasFound() {
        #expect(SourceTree.swiftFiles.count > 20)
        #expect(SourceTree.files.contains { $0.path == "Package.swift" })
    }

    /// Swift's code is the formatter's to measure (`make lint`), which leaves comments alone.
    @Test("no comment and no line of C is longer than 120 columns")
    func lineLength() {
        for file in SourceTree.files where !file.path.hasSuffix(".md") {
            for (number, line) in file.numberedLines where line.count > 120 && !line.contains("https://") {
                let isTable = line.trimmed.hasPrefix("/// |")
                guard !file.isSwift || line.trimmed.hasPrefix("//") && !isTable else { continue }
                Issue.record("\(file.path):\(number) has \(line.count) columns")
            }
        }
    }

    @Test("no tab, no trailing space, no carriage return; one newline at the end")
    func whitespace() {
        for file in SourceTree.files {
            let tabsAreSyntax = file.path.hasSuffix("Makefile") || file.path.hasSuffix(".mk")
            for (number, line) in file.numberedLines {
                if line.contains("\t") && !tabsAreSyntax { Issue.record("\(file.path):\(number) has a tab") }
                if line.last?.isWhitespace == true { Issue.record("\(file.path):\(number) ends in white space") }
            }
            let endsInOneNewline = file.lines.last == "" && file.lines.dropLast().last != ""
            #expect(endsInOneNewline, "\(file.path) must end in exactly one newline")
        }
    }

    @Test("no file has more than 500 lines; of the tests, more than 800")
    func fileLength() {
        for file in SourceTree.files where !file.path.hasSuffix(".md") {
            let limit = file.path.hasPrefix("Tests/") ? 800 : 500
            let count = file.lines.count - 1
            #expect(count <= limit, "\(file.path) has \(count) lines: more than one idea?")
        }
    }

    @Test("no function has more than 70 lines")
    func functionLength() {
        for file in SourceTree.swiftFiles {
            for function in file.functions where function.lineCount > 70 {
                Issue.record("\(file.path):\(function.firstLine) is a function of \(function.lineCount) lines")
            }
        }
    }

    /// Spelled in halves, so that this file does not find itself.
    static let leftovers: [(word: String, why: String)] = [
        ("TO" + "DO", "finish it or file an issue"),
        ("FIX" + "ME", "finish it or file an issue"),
        ("// XX" + "X", "finish it or file an issue"),
        ("import XC" + "Test", "tests use Swift Testing"),
        ("import " + "Glibc.", "import Glibc as a whole"),
        ("Task.sl" + "eep(nanoseconds", "use Duration"),
        ("/wo" + "rk/", "a path of somebody's machine"),
        ("/ho" + "me/", "a path of somebody's machine"),
        ("/tmp/" + "w-", "a path of somebody's machine"),
    ]

    @Test("nothing is left over")
    func leftovers() {
        for file in SourceTree.files {
            for (number, line) in file.numberedLines {
                for (word, why) in Self.leftovers where line.contains(word) {
                    Issue.record("\(file.path):\(number) says “\(word)”: \(why)")
                }
            }
        }
    }

    @Test("what the compiler does not check has its reason on the next line")
    func uncheckedHasReason() {
        for file in SourceTree.swiftFiles {
            let unchecked = ["@unchecked " + "Sendable", "nonisolated" + "(unsafe)"]
            for (number, line) in file.numberedLines {
                let code = line.prefix { $0 != "/" }
                guard unchecked.contains(where: { code.contains($0) }) else { continue }
                let next = number < file.lines.count ? file.lines[number] : ""
                let previous = number > 1 ? file.lines[number - 2] : ""
                // A declaration's own comment stands above it; a type's above is about something else.
                let above = line.contains(unchecked[1]) && previous.trimmed.hasPrefix("//")
                let hasReason = above || next.trimmed.hasPrefix("//") || line.contains("//")
                #expect(hasReason, "\(file.path):\(number): why is it safe? Say so on the next line")
            }
        }
    }

    @Test("floors 0 to 2 import no Foundation")
    func foundationStaysUpstairs() {
        for file in SourceTree.swiftFiles {
            let names = [
                "System", "Journal", "Catalog", "Crypto", "Keys", "Keyring", "KMS", "Policy", "Storage", "Audit",
            ]
            let rooms = names.map { "Sources/Strongroom\($0)/" }
            guard rooms.contains(where: { file.path.hasPrefix($0) }) else { continue }
            for (number, line) in file.numberedLines where line.hasSuffix("import Foundation") {
                Issue.record("\(file.path):\(number): FoundationEssentials at most, where JSON is truly needed")
            }
        }
    }

    @Test("a library prints nothing")
    func librariesAreSilent() {
        for file in SourceTree.swiftFiles {
            guard file.path.hasPrefix("Sources/"), !file.path.hasPrefix("Sources/StrongroomCommandLine/") else {
                continue
            }
            for (number, line) in file.numberedLines where line.trimmed.hasPrefix("print(") {
                Issue.record("\(file.path):\(number) prints: use the logger")
            }
        }
    }

    @Test("a page has one title")
    func oneTitle() {
        for page in SourceTree.files where page.path.hasSuffix(".md") {
            var insideCode = false
            var titles = 0
            for line in page.lines {
                if line.hasPrefix("```") { insideCode.toggle() }
                if !insideCode && line.hasPrefix("# ") { titles += 1 }
            }
            #expect(titles == 1, "\(page.path) has \(titles) titles")
        }
    }
}
