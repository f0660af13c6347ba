extension LocatedJSON {
    /// The members of an object whose names are all among `known`, by name.
    func elements(
        of what: String, known: Set<String>
    ) throws(PolicyFault) -> [String: LocatedJSON] {
        var elements: [String: LocatedJSON] = [:]
        for member in try members(of: what) {
            guard let name = member.name.asciiText, known.contains(name) else {
                throw PolicyFault(
                    .unknownElement, at: member.offset,
                    "\(what) has no element '\(String(decoding: member.name, as: UTF8.self))'; there are "
                        + "\(known.sorted().joined(separator: ", ")). Their letter case matters.")
            }
            elements[name] = member.value
        }
        return elements
    }

    func members(of what: String) throws(PolicyFault) -> [Member] {
        guard case .object(let members) = content else {
            throw PolicyFault(.invalidValue, at: offset, "\(what) is \(kind); write an object.")
        }
        return members
    }

    func string(_ what: String) throws(PolicyFault) -> [UInt8] {
        guard case .string(let text) = content else {
            throw PolicyFault(.invalidValue, at: offset, "\(what) is \(kind); write a string.")
        }
        return text
    }

    /// The value itself, or an array's elements, of which there must be one.
    func oneOrMore(_ what: String) throws(PolicyFault) -> [LocatedJSON] {
        guard case .array(let elements) = content else { return [self] }
        guard !elements.isEmpty else {
            throw PolicyFault(
                .invalidValue, at: offset, "\(what) is an empty array; give it a value, or leave it out.")
        }
        return elements
    }

    /// The text of a string, a number as it is written, or a boolean.
    func scalarText(_ what: String) throws(PolicyFault) -> [UInt8] {
        switch content {
        case .string(let text), .number(let text): return text
        case .boolean(let value): return Array((value ? "true" : "false").utf8)
        case .object, .array, .null:
            throw PolicyFault(
                .invalidConditionValue, at: offset, "\(what) is \(kind); write a string, a number or a boolean.")
        }
    }
}
