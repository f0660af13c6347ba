import Foundation
import Testing

/// Pages that say which tests there are.
@Suite("Pages about tests") struct PageTests {
    /// Suites and their functions, by the names that pages give them: `Suite.function`.
    private static let functions: Set<String> = {
        var found: Set<String> = []
        for file in SourceTree.swiftFiles where file.path.hasPrefix("Tests/") {
            var suite = ""
            for line in file.lines {
                if let name = line.firstMatch(of: /struct (\w+Tests)\b/)?.output.1 { suite = String(name) }
                if let name = line.firstMatch(of: /^    (?:@Test[^"]* )?func (\w+)\(/)?.output.1 {
                    found.insert("\(suite).\(name)")
                }
            }
        }
        return found
    }()

    @Test(
        "name tests that are there, many of them",
        arguments: [("docs/s3-errors.md", 40), ("docs/attacks-of-serving.md", 60)])
    func tests(_ page: String, _ count: Int) throws {
        let text = try String(contentsOf: SourceTree.root.appending(path: page), encoding: .utf8)
        let names = text.matches(of: /`(\w+Tests\.\w+)`/).map { String($0.output.1) }
        #expect(names.count >= count)
        for name in names { #expect(Self.functions.contains(name), "\(page) names \(name), which is no test") }
    }
}
