/// Makes the tables of a `GlobMachine`.
struct GlobMachineBuilder {
    typealias Token = PolicyPattern.Token

    private static let kindCount = ByteKind.allCases.count
    /// The class of each byte that no pattern spells out: there is one for each kind.
    private static let plainClasses = (UInt8.min...UInt8.max).map { UInt8(ByteKind($0).rawValue) }
    /// Larger machines have so many words at a time.
    private static let wordsPerBlock = 4

    private let patterns: [[Token]]
    /// 1, or a multiple of 4.
    let wordCount: Int
    /// Bytes that do the same share a class; its row in `steps` begins at the class times `wordCount`. Patterns are
    /// UTF-8, in which 243 bytes occur: with those of the kinds there are at most 246 classes.
    private(set) var classes: [UInt8]
    /// The kind of each class's bytes.
    private(set) var kinds: [ByteKind] = ByteKind.allCases
    private(set) var steps: [UInt64]
    private(set) var loops: [UInt64]
    private(set) var start: [UInt64]
    private(set) var accept: [UInt64]
    /// Where a `?` leads, by the kind of byte that it takes.
    private var characterSteps: [UInt64]
    private var hasCharacterSteps = false

    init(_ patterns: [[Token]]) {
        self.patterns = patterns
        let stateCount = patterns.reduce(0) { $0 + 1 + $1.count(where: Self.advances) }
        let blockBits = 64 * Self.wordsPerBlock
        wordCount = stateCount <= 64 ? 1 : (stateCount + blockBits - 1) / blockBits * Self.wordsPerBlock
        classes = Self.plainClasses
        for pattern in patterns {
            for case .byte(let byte) in pattern where classes[Int(byte)] < Self.kindCount {
                classes[Int(byte)] = UInt8(kinds.count)
                kinds.append(ByteKind(byte))
            }
        }
        steps = Array(repeating: 0, count: kinds.count * wordCount)
        loops = Array(repeating: 0, count: Self.kindCount * wordCount)
        characterSteps = loops
        start = Array(repeating: 0, count: wordCount)
        accept = start
    }

    private static func advances(_ token: Token) -> Bool {
        if case .anyRun = token { false } else { true }
    }

    mutating func build() {
        var state = 0
        for pattern in patterns {
            start[state / 64] |= 1 << UInt64(state % 64)
            for token in pattern {
                if Self.advances(token) { state += 1 }
                add(token, at: state)
            }
            accept[state / 64] |= 1 << UInt64(state % 64)
            state += 1
        }
        // A `?` takes bytes of all classes of a kind: once for all of them, not once for each `?`.
        guard hasCharacterSteps else { return }
        for (index, kind) in kinds.enumerated() {
            for word in 0..<wordCount {
                steps[index * wordCount + word] |= characterSteps[kind.rawValue * wordCount + word]
            }
        }
    }

    /// Adds how the machine comes to, or stays at, the state.
    private mutating func add(_ token: Token, at state: Int) {
        let (word, bit) = (state / 64, UInt64(1) << UInt64(state % 64))
        switch token {
        case .byte(let byte): steps[Int(classes[Int(byte)]) * wordCount + word] |= bit
        case .anyCharacter(let reach):
            hasCharacterSteps = true
            characterSteps[ByteKind.leading.rawValue * wordCount + word] |= bit
            if reach == .anything { characterSteps[ByteKind.colon.rawValue * wordCount + word] |= bit }
            loops[ByteKind.continuation.rawValue * wordCount + word] |= bit
        case .anyRun(let reach):
            loops[ByteKind.leading.rawValue * wordCount + word] |= bit
            loops[ByteKind.continuation.rawValue * wordCount + word] |= bit
            if reach == .anything { loops[ByteKind.colon.rawValue * wordCount + word] |= bit }
        case .variable: preconditionFailure("A pattern with variables is matched before they are replaced.")
        }
    }
}
