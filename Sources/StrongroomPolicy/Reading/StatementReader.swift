/// Reads one statement.
struct StatementReader {
    private static let known: Set<String> = [
        "Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition",
    ]

    let allowsVariables: Bool
    let attachment: PolicyDocument.Attachment

    func statement(_ value: LocatedJSON) throws(PolicyFault) -> PolicyStatement {
        let elements = try value.elements(of: "A statement", known: Self.known)
        let effect = try effect(try either("Effect", nil, elements, value).element)
        let principals = try principals(elements, value, effect)
        return PolicyStatement(
            sid: try sid(elements["Sid"]), effect: effect, principals: principals,
            actions: try actions(elements, value), resources: try resources(elements, value),
            conditions: try elements["Condition"].map(conditions) ?? [])
    }

    private func actions(
        _ elements: [String: LocatedJSON], _ statement: LocatedJSON
    ) throws(PolicyFault) -> Selection {
        let actions = try either("Action", "NotAction", elements, statement)
        if attachment == .trust { try TrustReader.check(actions.element, isComplement: actions.isComplement) }
        return Selection(patterns: try actionPatterns(actions.element), isComplement: actions.isComplement)
    }

    private func resources(
        _ elements: [String: LocatedJSON], _ statement: LocatedJSON
    ) throws(PolicyFault) -> Selection {
        if attachment == .trust {
            if let element = elements["Resource"] ?? elements["NotResource"] { throw TrustReader.resource(element) }
            return .everything
        }
        let resources = try either("Resource", "NotResource", elements, statement)
        return Selection(patterns: try resourcePatterns(resources.element), isComplement: resources.isComplement)
    }

    private func principals(
        _ elements: [String: LocatedJSON], _ statement: LocatedJSON, _ effect: PolicyStatement.Effect
    ) throws(PolicyFault) -> PrincipalSet {
        if attachment == .identity {
            if let element = elements["Principal"] ?? elements["NotPrincipal"] {
                throw PolicyFault(
                    .unknownElement, at: element.offset,
                    "A policy of a user's or a role's own is about that one; leave the principal out, or attach it to a "
                        + "resource.")
            }
            return PrincipalSet([.everybody], isComplement: false)
        }
        let principals = try either("Principal", "NotPrincipal", elements, statement)
        if principals.isComplement, effect == .allow {
            // It would allow all whom the author did not think of, those without a name among them.
            throw PolicyFault(
                .conflictingElements, at: principals.element.offset,
                "NotPrincipal stands with Allow; name whom to allow in Principal, or deny everybody else.")
        }
        if principals.isComplement, attachment == .trust {
            throw PolicyFault(
                .unknownElement, at: principals.element.offset,
                "A trust policy has no NotPrincipal; name in Principal who may assume the role.")
        }
        let names = try PrincipalReader.names(principals.element)
        if attachment == .trust { try TrustReader.check(names, principals.element) }
        return PrincipalSet(names, isComplement: principals.isComplement)
    }

    private func conditions(_ value: LocatedJSON) throws(PolicyFault) -> [PolicyCondition] {
        try ConditionReader(allowsVariables: allowsVariables).conditions(value)
    }

    /// The one of two elements that is there.
    private func either(
        _ name: String, _ complement: String?, _ elements: [String: LocatedJSON], _ statement: LocatedJSON
    ) throws(PolicyFault) -> (element: LocatedJSON, isComplement: Bool) {
        switch (elements[name], complement.flatMap { elements[$0] }) {
        case (let element?, nil): return (element, false)
        case (nil, let element?): return (element, true)
        case (.some, let element?):
            throw PolicyFault(
                .conflictingElements, at: element.offset, "A statement has \(name) and Not\(name); keep one of them.")
        case (nil, nil):
            throw PolicyFault(.missingElement, at: statement.offset, "A statement has no \(name); add it.")
        }
    }

    private func effect(_ element: LocatedJSON) throws(PolicyFault) -> PolicyStatement.Effect {
        guard let effect = try element.string("Effect").asciiText.flatMap(PolicyStatement.Effect.init) else {
            throw PolicyFault(
                .invalidValue, at: element.offset, "There is no such effect; write \"Allow\" or \"Deny\".")
        }
        return effect
    }

    /// An empty Sid is none: tools write it where they have no name.
    private func sid(_ element: LocatedJSON?) throws(PolicyFault) -> String? {
        guard let text = try element?.string("Sid"), !text.isEmpty else { return nil }
        return String(decoding: text, as: UTF8.self)
    }

    private func actionPatterns(_ value: LocatedJSON) throws(PolicyFault) -> PatternSet {
        var patterns: [PolicyPattern] = []
        for element in try value.oneOrMore("Action") {
            let text = try element.string("Action")
            guard Self.isAction(text) else {
                throw PolicyFault(
                    .invalidAction, at: element.offset,
                    "This is no action; write a service and an operation, such as \"kms:Decrypt\" or \"kms:*\".")
            }
            patterns.append(
                try PatternReader(hasWildcards: true, hasVariables: false).pattern(
                    Folding.ascii.folded(text), at: element.offset))
        }
        return PatternSet(patterns, folding: .ascii)
    }

    /// `*`, or a service without wildcards, a colon, and an operation with or without.
    private static func isAction(_ text: [UInt8]) -> Bool {
        if text == [UInt8(ascii: "*")] { return true }
        let parts = text.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        func isName(_ part: ArraySlice<UInt8>, _ others: String) -> Bool {
            !part.isEmpty && part.allSatisfy { $0.isASCIILetter || $0.isASCIIDigit || others.utf8.contains($0) }
        }
        return parts.count == 2 && isName(parts[0], "-") && isName(parts[1], "-_.*?")
    }

    private func resourcePatterns(_ value: LocatedJSON) throws(PolicyFault) -> PatternSet {
        var patterns: [PolicyPattern] = []
        for element in try value.oneOrMore("Resource") {
            let text = try element.string("Resource")
            guard text == [UInt8(ascii: "*")] || text.starts(with: "arn:".utf8) else {
                throw PolicyFault(
                    .invalidResource, at: element.offset,
                    "This is no resource; write an ARN, which may have wildcards, or \"*\".")
            }
            let pattern = try PatternReader(hasWildcards: true, hasVariables: allowsVariables).pattern(
                text, at: element.offset)
            guard pattern.hasVariablesOnlyBehindColons(5) else {
                throw PolicyFault(
                    .invalidVariable, at: element.offset,
                    "A variable stands before an ARN's fifth colon; services and accounts are written out.")
            }
            patterns.append(pattern)
        }
        return PatternSet(patterns, folding: .none)
    }
}

extension PolicyPattern {
    fileprivate func hasVariablesOnlyBehindColons(_ count: Int) -> Bool {
        var colons = 0
        for token in tokens {
            switch token {
            case .byte(UInt8(ascii: ":")): colons += 1
            case .variable where colons < count: return false
            default: break
            }
        }
        return true
    }
}
