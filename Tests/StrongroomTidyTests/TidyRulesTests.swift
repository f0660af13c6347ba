import Testing

/// The gates' own measure: a rule that cannot fail is no rule.
@Suite("Tidy rules")
struct TidyRulesTests {
    private func file(_ text: String) -> SourceTree.File {
        SourceTree.File(path: "Example.swift", lines: text.split(separator: "\n", omittingEmptySubsequences: false))
    }

    @Test func aFunctionIsMeasuredFromItsDeclarationToItsBrace() {
        let example = file(
            """
            struct S {
                @inlinable public static func long(
                    _ a: Int
                ) {
                    if a > 0 {
                    }
                }
                var x: Int { 1 }
                init() {
                }
            }
            """)
        #expect(example.functions.map(\.firstLine) == [2, 9])
        #expect(example.functions.map(\.lineCount) == [6, 2])
    }

    @Test func aCallIsNoDeclaration() {
        #expect(!Substring("print(func)").declaresFunction)
        #expect(!Substring("let function = 1").declaresFunction)
        #expect(Substring("private mutating func f() {").declaresFunction)
        #expect(Substring("package init?(_ x: Int) {").declaresFunction)
    }
}
