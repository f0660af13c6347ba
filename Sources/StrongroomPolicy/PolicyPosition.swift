/// A place in a document, as bytes for programs and as line and column for people.
package struct PolicyPosition: Sendable, Equatable, CustomStringConvertible {
    /// How many bytes stand before it.
    package let offset: Int
    /// Its line; the first is 1, and a line feed ends one.
    package let line: Int
    /// Its column, in Unicode scalars; the first is 1.
    package let column: Int

    init(offset: Int, in document: [UInt8]) {
        let before = document.prefix(offset)
        let lineStart = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        self.offset = before.count
        line = 1 + before.count { $0 == UInt8(ascii: "\n") }
        column = 1 + before[lineStart...].count { !$0.isUTF8Continuation }
    }

    /// Such as "line 3, column 14".
    package var description: String { "line \(line), column \(column)" }
}
