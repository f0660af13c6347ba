/// How a condition compares, read from its name.
struct ConditionOperator: Sendable {
    enum Family: Equatable {
        case string(Folding, wildcards: Bool)
        case number(Comparison)
        case date(Comparison)
        case boolean
        case binary
        case address
        case arn
        case null
    }

    enum Comparison {
        case equal, less, lessOrEqual, greater, greaterOrEqual
    }

    /// What becomes of a key with several values.
    enum Quantifier {
        /// One value that is like one of the policy's; of negated operators, none that is.
        case none
        case forAllValues
        case forAnyValue
    }

    private(set) var quantifier = Quantifier.none
    let family: Family
    let isNegated: Bool
    private(set) var ifExists = false

    /// Nil where there is no such operator. Whether a key is there is what `Null` asks, so it has no variants.
    init?(_ name: String) {
        var name = Substring(name)
        for (prefix, quantifier) in [("ForAllValues:", Quantifier.forAllValues), ("ForAnyValue:", .forAnyValue)]
        where name.hasPrefix(prefix) {
            name = name.dropFirst(prefix.count)
            self.quantifier = quantifier
            break
        }
        let suffix = "IfExists"
        if name.hasSuffix(suffix) {
            name = name.dropLast(suffix.count)
            ifExists = true
        }
        guard let found = Self.families[String(name)] else { return nil }
        (family, isNegated) = found
        if family == .null, ifExists || quantifier != .none { return nil }
    }

    private static let families: [String: (Family, isNegated: Bool)] = {
        var families: [String: (Family, isNegated: Bool)] = [
            "StringEquals": (.string(.none, wildcards: false), false),
            "StringNotEquals": (.string(.none, wildcards: false), true),
            "StringEqualsIgnoreCase": (.string(.unicode, wildcards: false), false),
            "StringNotEqualsIgnoreCase": (.string(.unicode, wildcards: false), true),
            "StringLike": (.string(.none, wildcards: true), false),
            "StringNotLike": (.string(.none, wildcards: true), true),
            "Bool": (.boolean, false),
            "BinaryEquals": (.binary, false),
            "IpAddress": (.address, false),
            "NotIpAddress": (.address, true),
            "ArnEquals": (.arn, false),
            "ArnLike": (.arn, false),
            "ArnNotEquals": (.arn, true),
            "ArnNotLike": (.arn, true),
            "Null": (.null, false),
        ]
        let comparisons: [(String, Comparison, isNegated: Bool)] = [
            ("Equals", .equal, false), ("NotEquals", .equal, true), ("LessThan", .less, false),
            ("LessThanEquals", .lessOrEqual, false), ("GreaterThan", .greater, false),
            ("GreaterThanEquals", .greaterOrEqual, false),
        ]
        for (name, comparison, isNegated) in comparisons {
            families["Numeric" + name] = (.number(comparison), isNegated)
            families["Date" + name] = (.date(comparison), isNegated)
        }
        return families
    }()
}

extension ConditionOperator.Comparison {
    func holds<Value: Comparable>(_ left: Value, _ right: Value) -> Bool {
        switch self {
        case .equal: left == right
        case .less: left < right
        case .lessOrEqual: left <= right
        case .greater: left > right
        case .greaterOrEqual: left >= right
        }
    }
}
