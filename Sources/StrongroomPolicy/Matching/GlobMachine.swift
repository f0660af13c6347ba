/// Tells whether a text is like one of some patterns, in a time that no pattern can make long: each byte of the text
/// costs one step for 64 bytes of patterns, whatever they are.
///
/// A nondeterministic automaton whose states are bits (Baeza-Yates and Gonnet, “A new approach to text searching”,
/// 1992): of each pattern there is a state for every number of its characters that have been matched. A byte moves
/// the states that take it one on (`steps`), and leaves those where they are that a `*` follows (`loops`). A `?` takes
/// the first byte of a character, and waits while the character's other bytes come.
struct GlobMachine: Sendable {
    typealias Token = PolicyPattern.Token

    private let wordCount: Int
    /// Bytes that do the same share a class; its row in `steps` begins at the class times `wordCount`.
    private let classes: [UInt16]
    private let steps: [UInt64]
    private let loops: [UInt64]
    private let start: [UInt64]
    private let accept: [UInt64]

    /// The patterns must have no variables.
    init(_ patterns: some Sequence<[Token]>) {
        var builder = GlobMachineBuilder(Array(patterns))
        builder.build()
        (wordCount, classes) = (builder.wordCount, builder.classes)
        (steps, loops) = (builder.steps, builder.loops)
        (start, accept) = (builder.start, builder.accept)
    }

    /// `text` must be UTF-8.
    func matches(_ text: [UInt8]) -> Bool {
        var states = start
        // Spans of one length each: one check of bounds for a row instead of one for each word.
        let (steps, loops) = (steps.span, loops.span)
        var cells = states.mutableSpan
        for byte in text {
            let row = Int(classes[Int(byte)]) * wordCount
            let loopRow = ByteKind(byte).rawValue * wordCount
            let (step, loop) = (
                steps.extracting(row..<row + wordCount), loops.extracting(loopRow..<loopRow + wordCount)
            )
            var carry: UInt64 = 0
            var alive: UInt64 = 0
            for word in cells.indices {
                let before = cells[word]
                // Most patterns are out of it after a few bytes.
                if before | carry == 0 { continue }
                let after = ((before << 1 | carry) & step[word]) | (before & loop[word])
                carry = before >> 63
                cells[word] = after
                alive |= after
            }
            if alive == 0 { return false }
        }
        return zip(states, accept).contains { $0 & $1 != 0 }
    }
}

/// What a byte is to wildcards.
enum ByteKind: Int, CaseIterable {
    /// It begins a character.
    case leading
    /// It begins one, which separates the components of an ARN.
    case colon
    /// It goes on with one.
    case continuation

    init(_ byte: UInt8) {
        self = byte == UInt8(ascii: ":") ? .colon : byte.isUTF8Continuation ? .continuation : .leading
    }
}
