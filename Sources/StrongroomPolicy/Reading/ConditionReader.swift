/// Reads a statement's conditions.
struct ConditionReader {
    private static let componentCount = 6

    let allowsVariables: Bool

    func conditions(_ value: LocatedJSON) throws(PolicyFault) -> [PolicyCondition] {
        var conditions: [PolicyCondition] = []
        for block in try value.members(of: "Condition") {
            guard let test = block.name.asciiText.flatMap({ ConditionOperator($0) }) else {
                throw PolicyFault(
                    .unknownOperator, at: block.offset,
                    "There is no condition operator '\(String(decoding: block.name, as: UTF8.self))'; mind its case.")
            }
            let members = try block.value.members(of: "A condition operator")
            guard !members.isEmpty else {
                throw PolicyFault(
                    .invalidValue, at: block.value.offset,
                    "The operator has no condition key, and so holds always; add a key, or remove the operator.")
            }
            var keys: Set<[UInt8]> = []
            for member in members {
                let key = Folding.ascii.folded(member.name)
                guard !key.isEmpty else {
                    throw PolicyFault(.invalidValue, at: member.offset, "The condition key is empty; name it.")
                }
                guard keys.insert(key).inserted else {
                    throw PolicyFault(
                        .duplicateName, at: member.offset,
                        "The condition key comes twice, for its letter case does not matter; merge the values.")
                }
                conditions.append(
                    PolicyCondition(test: test, key: key, operand: try operand(test.family, member.value)))
            }
        }
        return conditions
    }

    private func operand(
        _ family: ConditionOperator.Family, _ value: LocatedJSON
    ) throws(PolicyFault) -> PolicyCondition.Operand {
        switch family {
        case .string(let folding, let wildcards):
            let reader = PatternReader(hasWildcards: wildcards, hasVariables: allowsVariables)
            return .patterns(try patterns(value, reader, folding))
        case .arn:
            let reader = PatternReader(hasWildcards: true, hasVariables: allowsVariables, isARN: true)
            return .patterns(try patterns(value, reader, .none))
        case .number(let comparison):
            return .numbers(
                comparison, try read(value, "a number, such as 10 or \"0.5\"") { DecimalNumber($0) })
        case .date(let comparison):
            return .dates(
                comparison,
                try read(value, "a date such as \"2026-11-27T00:00:00Z\", or seconds since 1970") { PolicyDate($0) })
        case .boolean: return .booleans(Set(try read(value, "true or false") { Bool(policyText: $0) }))
        case .null:
            return .absence(
                Set(try read(value, "true, for a key that is not there, or false") { Bool(policyText: $0) }))
        case .binary: return .binaries(Set(try read(value, "Base64 with its padding") { Base64.decoded($0) }))
        case .address:
            return .addresses(
                try read(value, "an address or a range without bits behind its prefix, such as \"192.0.2.0/24\"") {
                    AddressRange($0)
                })
        }
    }

    private func patterns(
        _ value: LocatedJSON, _ reader: PatternReader, _ folding: Folding
    ) throws(PolicyFault) -> PatternSet {
        var patterns: [PolicyPattern] = []
        for element in try value.oneOrMore("A condition key's value") {
            let text = try element.scalarText("A condition's value")
            // Folded after it is read: what is folded must not become, or cease to be, a variable.
            var pattern = try reader.pattern(text, at: element.offset)
            if reader.isARN { pattern = try arn(pattern, text) }
            patterns.append(pattern.folded(folding))
        }
        return PatternSet(patterns, folding: folding)
    }

    /// An ARN has six components; `*` alone stands for any.
    private func arn(_ pattern: PolicyPattern, _ text: [UInt8]) throws(PolicyFault) -> PolicyPattern {
        if text == [UInt8(ascii: "*")] {
            // It is to be an ARN all the same, so it stands for six components.
            let any = try PatternReader(hasWildcards: true, hasVariables: false, isARN: true).pattern(
                Array("arn:*:*:*:*:*".utf8), at: pattern.offset)
            return any
        }
        let colons = pattern.tokens.count { if case .byte(UInt8(ascii: ":")) = $0 { true } else { false } }
        guard text.starts(with: "arn:".utf8), colons >= Self.componentCount - 1 else {
            throw PolicyFault(
                .invalidConditionValue, at: pattern.offset,
                "This is no ARN; write its six components, arn:partition:service:region:account:resource, each of "
                    + "which may have wildcards.")
        }
        return pattern
    }

    private func read<Value>(
        _ value: LocatedJSON, _ expected: String, _ read: ([UInt8]) -> Value?
    ) throws(PolicyFault) -> [Value] {
        var values: [Value] = []
        for element in try value.oneOrMore("A condition key's value") {
            guard let found = read(try element.scalarText("A condition's value")) else {
                throw PolicyFault(
                    .invalidConditionValue, at: element.offset, "The operator cannot read this; write \(expected).")
            }
            values.append(found)
        }
        return values
    }
}

extension PolicyPattern {
    /// The pattern with its letters in the one case in which texts are compared.
    fileprivate func folded(_ folding: Folding) -> PolicyPattern {
        guard folding == .unicode else { return self }
        var pattern = PolicyPattern(offset: offset)
        pattern.variables = variables
        var run: [UInt8] = []
        func flush() {
            pattern.tokens += folding.folded(run).map(Token.byte)
            run = []
        }
        for token in self.tokens {
            if case .byte(let byte) = token {
                run.append(byte)
            } else {
                flush()
                pattern.tokens.append(token)
            }
        }
        flush()
        return pattern
    }
}
