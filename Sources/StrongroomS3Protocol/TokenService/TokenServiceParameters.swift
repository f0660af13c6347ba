internal import StrongroomSignature

/// What a request of the token service asks for: the parameters of its query, or of its form.
struct TokenServiceParameters: Sendable {
    /// STS's longest parameter is a policy of 2048 characters, of which escapes make three times as much.
    static let limitBytes = 32 << 10

    private let values: [String: String]

    /// - Throws: `ValidationError` where a name comes twice: two readers could take two values for the one.
    init(_ items: [(name: String, value: String)]) throws(TokenServiceRefusal) {
        var values: [String: String] = [:]
        for item in items where !item.name.lowercased().hasPrefix("x-amz-") {
            guard values.updateValue(item.value, forKey: item.name) == nil else {
                throw .validation("The parameter \(item.name.prefix(64)) came more than once.")
            }
        }
        self.values = values
    }

    /// - Throws: `ValidationError` for other names: what is not understood is not agreed to.
    func allow(only names: [String]) throws(TokenServiceRefusal) {
        let known = Set(names + ["Action", "Version"])
        guard let other = values.keys.filter({ !known.contains($0) }).min() else { return }
        throw .validation("The parameter \(other.prefix(64)) is not known here.")
    }

    /// Nil where there is none.
    func text(_ name: String) -> String? { values[name] }

    /// A whole number in a range.
    func number(_ name: String, in range: ClosedRange<Int64>) throws(TokenServiceRefusal) -> Int64? {
        guard let text = values[name] else { return nil }
        let member = name.prefix(1).lowercased() + name.dropFirst()
        guard let number = Int64(text) else { throw .validation("The parameter \(name) is no whole number.") }
        guard !range.contains(number) else { return number }
        let bound =
            number < range.lowerBound
            ? "greater than or equal to \(range.lowerBound)" : "less than or equal to \(range.upperBound)"
        throw .validation(
            "1 validation error detected: Value '\(number)' at '\(member)' failed to satisfy constraint: Member must "
                + "have value \(bound)")
    }
}
