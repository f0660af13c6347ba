/// Tells whether a text is like one of some patterns, in a time that no pattern can make long: each byte of the text
/// costs one step for 64 bytes of patterns, whatever they are.
///
/// A nondeterministic automaton whose states are bits (Baeza-Yates and Gonnet, “A new approach to text searching”,
/// 1992): of each pattern there is a state for every number of its characters that have been matched. A byte moves
/// the states that take it one on (`steps`), and leaves those where they are that a `*` follows (`loops`). A `?` takes
/// the first byte of a character, and waits while the character's other bytes come.
struct GlobMachine: Sendable {
    typealias Token = PolicyPattern.Token

    private enum Machine {
        /// Of at most 64 states.
        case narrow(NarrowGlobMachine)
        case wide(WideGlobMachine)
    }

    private let machine: Machine

    /// The patterns must have no variables.
    init(_ patterns: [[Token]]) {
        var builder = GlobMachineBuilder(patterns)
        builder.build()
        machine = builder.wordCount == 1 ? .narrow(NarrowGlobMachine(builder)) : .wide(WideGlobMachine(builder))
    }

    /// `text` must be UTF-8.
    func matches(_ text: [UInt8]) -> Bool {
        switch machine {
        case .narrow(let machine): machine.matches(text)
        case .wide(let machine): machine.matches(text)
        }
    }
}

/// One whose states fit one word, which stays in a register.
private struct NarrowGlobMachine: Sendable {
    private let classes: [UInt8]
    /// By class.
    private let steps: [UInt64]
    private let loops: [UInt64]
    private let start: UInt64
    private let accept: UInt64

    init(_ builder: GlobMachineBuilder) {
        (classes, steps) = (builder.classes, builder.steps)
        loops = builder.kinds.map { builder.loops[$0.rawValue] }
        (start, accept) = (builder.start[0], builder.accept[0])
    }

    func matches(_ text: [UInt8]) -> Bool {
        var states = start
        for byte in text {
            let byteClass = Int(classes[Int(byte)])
            states = ((states << 1) & steps[byteClass]) | (states & loops[byteClass])
            if states == 0 { return false }
        }
        return states & accept != 0
    }
}

/// One of any number of states, four words at a time.
///
/// A lane has a quarter of the words, one after the other, so that what one block carries into the next stays in its
/// lane. Only what the last block carries goes on to the first one's next lane.
private struct WideGlobMachine: Sendable {
    private typealias Block = SIMD4<UInt64>

    private let blockCount: Int
    private let classes: [UInt8]
    private let kinds: [ByteKind]
    /// A class's row begins at the class times `blockCount`.
    private let steps: [Block]
    /// A kind's row begins at the kind's number times `blockCount`.
    private let loops: [Block]
    private let start: [Block]
    private let accept: [Block]

    init(_ builder: GlobMachineBuilder) {
        let blockCount = builder.wordCount / Block.scalarCount
        func blocks(_ words: [UInt64]) -> [Block] {
            var blocks: [Block] = []
            blocks.reserveCapacity(words.count / Block.scalarCount)
            for row in stride(from: 0, to: words.count, by: builder.wordCount) {
                for word in row..<row + blockCount {
                    blocks.append(
                        Block(
                            words[word], words[word + blockCount], words[word + 2 * blockCount],
                            words[word + 3 * blockCount]))
                }
            }
            return blocks
        }
        self.blockCount = blockCount
        (classes, kinds) = (builder.classes, builder.kinds)
        (steps, loops) = (blocks(builder.steps), blocks(builder.loops))
        (start, accept) = (blocks(builder.start), blocks(builder.accept))
    }

    func matches(_ text: [UInt8]) -> Bool {
        var states = start
        // Spans of one length each: one check of bounds for a row instead of one for each block.
        let (steps, loops) = (steps.span, loops.span)
        var cells = states.mutableSpan
        for byte in text {
            let byteClass = Int(classes[Int(byte)])
            let row = byteClass * blockCount
            let loopRow = kinds[byteClass].rawValue * blockCount
            let (step, loop) = (
                steps.extracting(row..<row + blockCount), loops.extracting(loopRow..<loopRow + blockCount)
            )
            let last = cells[blockCount - 1] &>> 63
            var carry = Block(0, last[0], last[1], last[2])
            var alive = Block.zero
            for block in cells.indices {
                let before = cells[block]
                let after = ((before &<< 1 | carry) & step[block]) | (before & loop[block])
                carry = before &>> 63
                cells[block] = after
                alive |= after
            }
            if alive == .zero { return false }
        }
        return zip(states, accept).contains { $0 & $1 != .zero }
    }
}

/// What a byte is to wildcards.
enum ByteKind: Int, CaseIterable, Sendable {
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
