/// One operator on one condition key.
struct PolicyCondition: Sendable {
    /// What a request's value is compared with: one of these must agree.
    enum Operand: Sendable {
        case patterns(PatternSet)
        case numbers(ConditionOperator.Comparison, [DecimalNumber])
        case dates(ConditionOperator.Comparison, [PolicyDate])
        case booleans(Set<Bool>)
        case binaries(Set<[UInt8]>)
        case addresses([AddressRange])
        /// Whether the key is to be absent.
        case absence(Set<Bool>)
    }

    let test: ConditionOperator
    /// In lower case.
    let key: [UInt8]
    let operand: Operand

    func holds(for request: PolicyRequest) -> Truth {
        let values = request.values[key] ?? []
        if case .absence(let wanted) = operand { return Truth(wanted.contains(values.isEmpty)) }
        if values.isEmpty {
            if test.ifExists { return .yes }
            return switch test.quantifier {
            case .none: Truth(test.isNegated)
            case .forAllValues: .yes
            case .forAnyValue: .no
            }
        }
        let agreements = agreements(of: values, request).lazy.map { test.isNegated ? !$0 : $0 }
        return switch test.quantifier {
        case .none: test.isNegated ? Truth.all(agreements) : Truth.any(agreements)
        case .forAllValues: Truth.all(agreements)
        case .forAnyValue: Truth.any(agreements)
        }
    }

    var variablePatterns: [PolicyPattern] {
        if case .patterns(let patterns) = operand { patterns.withVariables } else { [] }
    }

    /// For each value, whether it agrees with one of the operand's.
    private func agreements(of values: [[UInt8]], _ request: PolicyRequest) -> [Truth] {
        switch operand {
        case .patterns(let patterns):
            let matcher = patterns.matcher(for: request, longestBytes: values.reduce(0) { max($0, $1.count) })
            return values.map { value -> Truth in
                if matcher.matches(value) { return .yes }
                // A variable without a value is like no text, which is no reason to say that the text is another one.
                return test.isNegated && matcher.isUnresolved ? .unknown : .no
            }
        case .numbers(let comparison, let numbers):
            return read(values, DecimalNumber.init) { value in numbers.contains { comparison.holds(value, $0) } }
        case .dates(let comparison, let dates):
            return read(values, PolicyDate.init) { value in dates.contains { comparison.holds(value, $0) } }
        case .booleans(let booleans): return read(values, Bool.init(policyText:), booleans.contains)
        case .binaries(let binaries): return read(values, Base64.decoded, binaries.contains)
        case .addresses(let ranges):
            return read(values, InternetAddress.init) { address in ranges.contains { $0.contains(address) } }
        case .absence: preconditionFailure("Whether a key is there does not depend on its values.")
        }
    }

    private func read<Value>(
        _ values: [[UInt8]], _ read: ([UInt8]) -> Value?, _ agrees: (Value) -> Bool
    ) -> [Truth] {
        values.map { text in read(text).map { Truth(agrees($0)) } ?? .unknown }
    }
}

extension Bool {
    /// "true" or "false", in any letter case.
    init?(policyText text: [UInt8]) {
        switch text.map(\.asciiLowercase).asciiText {
        case "true": self = true
        case "false": self = false
        default: return nil
        }
    }
}
