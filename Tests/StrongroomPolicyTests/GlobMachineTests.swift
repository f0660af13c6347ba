import Testing

@testable import StrongroomPolicy

/// The automaton against a matcher that is nothing but the definition.
@Suite("Patterns") struct GlobMachineTests {
    private typealias Token = PolicyPattern.Token

    /// Tries everything: right by inspection, and fit for short patterns only.
    private func isLike(_ text: Substring.UnicodeScalarView, _ pattern: Substring.UnicodeScalarView, _ colons: Int)
        -> Bool
    {
        guard let first = pattern.first else { return text.isEmpty }
        let rest = pattern.dropFirst()
        switch first {
        case "*":
            if isLike(text, rest, colons) { return true }
            guard let next = text.first, next != ":" || colons == 0 else { return false }
            return isLike(text.dropFirst(), pattern, colons)
        case "?":
            guard let next = text.first, next != ":" || colons == 0 else { return false }
            return isLike(text.dropFirst(), rest, colons)
        default:
            guard text.first == first else { return false }
            return isLike(text.dropFirst(), rest, first == ":" ? max(0, colons - 1) : colons)
        }
    }

    private func text(of alphabet: [Unicode.Scalar], _ generator: inout SplitMix64) -> String {
        var text = String.UnicodeScalarView()
        for _ in 0..<Int.random(in: 0...12, using: &generator) {
            text.append(alphabet.randomElement(using: &generator)!)
        }
        return String(text)
    }

    @Test("agrees with the definition on random patterns", arguments: [false, true])
    func definition(isARN: Bool) throws {
        var generator = SplitMix64(state: isARN ? 2 : 1)
        let letters: [Unicode.Scalar] = ["a", "b", ":", "é", "è", "\u{1F600}"]
        let reader = PatternReader(hasWildcards: true, hasVariables: false, isARN: isARN)
        var agreements = 0
        for _ in 0..<8_000 {
            let patterns = (0..<Int.random(in: 1...4, using: &generator)).map { _ in
                text(of: letters.prefix(4) + ["*", "*", "?"], &generator)
            }
            let candidate = text(of: letters, &generator)
            let machine = GlobMachine(try patterns.map { try reader.pattern(Array($0.utf8), at: 0).tokens })
            let expected = patterns.contains {
                isLike(candidate[...].unicodeScalars, $0[...].unicodeScalars, isARN ? 5 : 0)
            }
            #expect(machine.matches(Array(candidate.utf8)) == expected, "\(patterns) \(candidate)")
            if expected { agreements += 1 }
        }
        // Chance must have shown both sides.
        #expect((400...7_600).contains(agreements))
    }

    @Test("a pattern of several words is carried from one to the next")
    func words() throws {
        let reader = PatternReader(hasWildcards: true, hasVariables: false)
        for count in [62, 63, 64, 65, 127, 128, 129, 1_000] {
            let text = [UInt8](repeating: UInt8(ascii: "a"), count: count)
            let machine = GlobMachine([try reader.pattern(text, at: 0).tokens])
            #expect(machine.matches(text) && !machine.matches(text + text) && !machine.matches(text.dropLast()))
            let behind = GlobMachine([[], try reader.pattern(text + Array("*b".utf8), at: 0).tokens])
            #expect(behind.matches(text + Array("xxb".utf8)) && behind.matches([]) && !behind.matches(text))
        }
    }

    @Test("no patterns are like nothing")
    func empty() {
        #expect(!GlobMachine([[Token]]()).matches([]) && !GlobMachine([[Token]]()).matches([1]))
    }

    /// Each `*` of these may stand for much, in combination for more than there is time to try.
    @Test("what backtracking would not finish is finished")
    func hostile() throws {
        let reader = PatternReader(hasWildcards: true, hasVariables: false)
        let text = [UInt8](repeating: UInt8(ascii: "a"), count: 1_000)
        for unit in ["*a", "a*", "*?", "**a", "*aa"] {
            let pattern = String(repeating: unit, count: 300)
            let tokens = try reader.pattern(Array((pattern + "b").utf8), at: 0).tokens
            #expect(!GlobMachine([tokens]).matches(text))
            #expect(GlobMachine([tokens]).matches(text + [UInt8(ascii: "b")]))
        }
    }
}

/// Steele, Lea and Flood, “Fast splittable pseudorandom number generators” (2014).
struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
