/// Makes the tables of a `GlobMachine`.
struct GlobMachineBuilder {
    typealias Token = PolicyPattern.Token

    private let patterns: [[Token]]
    let wordCount: Int
    private(set) var classes: [UInt16]
    private(set) var steps: [UInt64]
    private(set) var loops: [UInt64]
    private(set) var start: [UInt64]
    private(set) var accept: [UInt64]
    /// Where a `?` leads, by the kind of byte that it takes.
    private var characterSteps: [UInt64]
    /// The kind of each class's bytes.
    private var kinds: [ByteKind] = ByteKind.allCases

    init(_ patterns: [[Token]]) {
        self.patterns = patterns
        let stateCount = patterns.reduce(0) { $0 + 1 + $1.count(where: Self.advances) }
        wordCount = (stateCount + 63) / 64
        // Bytes that no pattern spells out are one class for each kind.
        classes = (0...255).map { UInt16(ByteKind(UInt8($0)).rawValue) }
        for case .byte(let byte) in patterns.joined() where classes[Int(byte)] < ByteKind.allCases.count {
            classes[Int(byte)] = UInt16(kinds.count)
            kinds.append(ByteKind(byte))
        }
        steps = Array(repeating: 0, count: kinds.count * wordCount)
        loops = Array(repeating: 0, count: ByteKind.allCases.count * wordCount)
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
            for kind in [ByteKind.leading] + (reach == .anything ? [.colon] : []) {
                characterSteps[kind.rawValue * wordCount + word] |= bit
            }
            loops[ByteKind.continuation.rawValue * wordCount + word] |= bit
        case .anyRun(let reach):
            for kind in [ByteKind.leading, .continuation] + (reach == .anything ? [.colon] : []) {
                loops[kind.rawValue * wordCount + word] |= bit
            }
        case .variable: preconditionFailure("A pattern with variables is matched before they are replaced.")
        }
    }
}
