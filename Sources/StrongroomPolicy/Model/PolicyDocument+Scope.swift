extension PolicyDocument {
    /// Whether some statement allows something to everybody, without a condition that lets in only somebody known.
    ///
    /// A condition does that where it must be met by a value of one of `keys`, compared with texts that are written out
    /// or with networks that are no larger than an IPv4 /8 or an IPv6 /32. Where in doubt, the answer is yes.
    ///
    /// - Parameter keys: condition keys, in lower case.
    package func allowsEverybody(unlessNarrowedBy keys: Set<String>) -> Bool {
        let keys = Set(keys.map { Array($0.utf8) })
        return statements.contains { statement in
            statement.effect == .allow && statement.principals.isEverybody
                && !statement.conditions.contains { keys.contains($0.key) && $0.isNarrow }
        }
    }
}

extension PolicyDocument {
    /// Whether each statement names the resource with that ARN, or what stands behind it and a slash, and nothing else.
    package func isOnlyAbout(resource arn: String) -> Bool {
        let (whole, within) = (Array(arn.utf8), Array((arn + "/").utf8))
        return statements.allSatisfy { statement in
            statement.resources.patterns.beginnings.allSatisfy {
                $0.isAll && $0.bytes == whole || $0.bytes.starts(with: within)
            }
        }
    }

    /// Whether each statement names actions of that service, such as `s3`, or all actions that there are.
    package func isOnlyAbout(service: String) -> Bool {
        let prefix = Array((service + ":").utf8)
        return statements.allSatisfy { statement in
            statement.actions.patterns.beginnings.allSatisfy { $0.bytes.starts(with: prefix) || $0.bytes.isEmpty }
        }
    }
}

extension PolicyDocument {
    /// What conditions and variables ask for, in lower case, in no order.
    package var conditionKeys: [String] {
        statements.flatMap { $0.conditionKeys.map { String(decoding: $0, as: UTF8.self) } }
    }

    /// Whether some condition or variable asks for a key that begins so: facts that cost something are found out only
    /// then.
    ///
    /// - Parameter prefix: in lower case.
    package func asksForKeys(beginningWith prefix: String) -> Bool {
        let prefix = Array(prefix.utf8)
        return statements.contains { $0.conditionKeys.contains { $0.starts(with: prefix) } }
    }
}

extension PolicyCondition {
    private static let narrowestPrefixBits = (versionFour: 8, versionSix: 32)

    /// Whether it holds for few values, and never without one.
    fileprivate var isNarrow: Bool {
        guard !test.isNegated, !test.ifExists, test.quantifier != .forAllValues else { return false }
        return switch operand {
        case .patterns(let patterns): patterns.isLiteral
        case .addresses(let ranges):
            ranges.allSatisfy {
                $0.prefixBits
                    >= ($0.isVersionFour ? Self.narrowestPrefixBits.versionFour : Self.narrowestPrefixBits.versionSix)
            }
        default: false
        }
    }
}
