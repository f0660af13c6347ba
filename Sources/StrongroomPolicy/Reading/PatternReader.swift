/// Takes a text of a policy apart into bytes, wildcards and variables.
struct PatternReader {
    let hasWildcards: Bool
    let hasVariables: Bool
    /// Whether the text is an ARN whose first five components wildcards do not leave.
    var isARN = false

    private static let componentCount = 6

    /// `offset` is where the text stands in the document.
    func pattern(_ text: [UInt8], at offset: Int) throws(PolicyFault) -> PolicyPattern {
        var pattern = PolicyPattern(offset: offset)
        pattern.tokens.reserveCapacity(text.count)
        var rest = text[...]
        var component = 1
        while let byte = rest.first {
            let reach: PolicyPattern.Reach = isARN && component < Self.componentCount ? .component : .anything
            switch byte {
            case UInt8(ascii: "$") where hasVariables && rest.dropFirst().first == UInt8(ascii: "{"):
                try readVariable(&rest, reach, into: &pattern)
                continue
            case UInt8(ascii: "*") where hasWildcards: pattern.tokens.append(.anyRun(reach))
            case UInt8(ascii: "?") where hasWildcards: pattern.tokens.append(.anyCharacter(reach))
            default:
                if byte == UInt8(ascii: ":") { component += 1 }
                pattern.tokens.append(.byte(byte))
            }
            rest = rest.dropFirst()
        }
        return pattern
    }

    /// `${key}`, `${key, 'default'}`, or one of the three that stand for characters which mean something else.
    private func readVariable(
        _ rest: inout ArraySlice<UInt8>, _ reach: PolicyPattern.Reach, into pattern: inout PolicyPattern
    ) throws(PolicyFault) {
        var inner = rest.dropFirst(2)
        for character in "*?$".utf8 where inner.starts(with: [character, UInt8(ascii: "}")]) {
            rest = inner.dropFirst(2)
            pattern.tokens.append(.byte(character))
            return
        }
        let key = inner.prefix { !Self.endsKey($0) }
        inner = inner.dropFirst(key.count)
        var defaultText: [UInt8]?
        if inner.first == UInt8(ascii: ",") {
            inner = inner.dropFirst().drop { $0 == 0x20 }
            guard inner.first == UInt8(ascii: "'") else { throw malformed(pattern.offset) }
            let text = inner.dropFirst().prefix { $0 != UInt8(ascii: "'") }
            inner = inner.dropFirst(text.count + 2).drop { $0 == 0x20 }
            defaultText = Array(text)
        }
        let name = Array(key.trimmingSpaces)
        guard !name.isEmpty, inner.first == UInt8(ascii: "}") else { throw malformed(pattern.offset) }
        rest = inner.dropFirst()
        pattern.tokens.append(.variable(pattern.variables.count, reach))
        pattern.variables.append(PolicyVariable(key: Folding.ascii.folded(name), defaultText: defaultText))
    }

    /// Whether a byte cannot stand in a condition key; among them are those that mean something to patterns.
    private static func endsKey(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == 0x7F || "{}$*?,'\"".utf8.contains(byte)
    }

    private func malformed(_ offset: Int) -> PolicyFault {
        PolicyFault(
            .invalidVariable, at: offset,
            "A policy variable is malformed; write ${key} or ${key, 'default'}, and ${$} for a dollar sign itself.")
    }
}

extension ArraySlice<UInt8> {
    fileprivate var trimmingSpaces: ArraySlice<UInt8> {
        let start = drop { $0 == 0x20 }
        return start.prefix(start.lastIndex { $0 != 0x20 }.map { $0 + 1 - start.startIndex } ?? 0)
    }
}
