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

    /// - Parameter refused: what names begin with that STS knows and this server does not offer.
    /// - Throws: `ValidationError` for other names: what is not understood is not agreed to.
    func allow(only names: [String], not refused: [String] = []) throws(TokenServiceRefusal) {
        let known = Set(names + ["Action", "Version"])
        guard let other = values.keys.filter({ !known.contains($0) }).min() else { return }
        if let name = refused.first(where: { $0 == other || other.hasPrefix($0 + ".") }) {
            throw .validation("The parameter \(name) is not offered here; leave it out.")
        }
        throw .validation("The parameter \(other.prefix(64)) is not known here.")
    }

    /// Nil where there is none.
    func text(_ name: String) -> String? { values[name] }

    /// A text as the service model wants it. The refusal does not repeat it.
    ///
    /// - Parameters:
    ///   - count: how many characters it has.
    ///   - pattern: which ones, in the model's words.
    ///   - isAllowed: the same for one.
    func text(
        _ name: String, count: ClosedRange<Int>, pattern: String, _ isAllowed: (Unicode.Scalar) -> Bool
    ) throws(TokenServiceRefusal) -> String? {
        guard let text = values[name] else { return nil }
        let scalars = text.unicodeScalars
        guard scalars.count >= count.lowerBound else {
            throw Self.invalid(name, "Member must have length greater than or equal to \(count.lowerBound)")
        }
        guard scalars.count <= count.upperBound else {
            throw Self.invalid(name, "Member must have length less than or equal to \(count.upperBound)")
        }
        guard scalars.allSatisfy(isAllowed) else {
            throw Self.invalid(name, "Member must satisfy regular expression pattern: \(pattern)")
        }
        return text
    }

    /// Of one that has to be there.
    static func missing(_ name: String) -> TokenServiceRefusal {
        .validation(
            "1 validation error detected: Value null at '\(member(name))' failed to satisfy constraint: Member must not "
                + "be null")
    }

    private static func invalid(_ name: String, _ constraint: String) -> TokenServiceRefusal {
        .validation(
            "1 validation error detected: Value at '\(member(name))' failed to satisfy constraint: \(constraint)")
    }

    /// The parameter's name in the service model.
    private static func member(_ name: String) -> String { name.prefix(1).lowercased() + name.dropFirst() }

    /// A whole number in a range.
    func number(_ name: String, in range: ClosedRange<Int64>) throws(TokenServiceRefusal) -> Int64? {
        guard let text = values[name] else { return nil }
        guard let number = Int64(text) else { throw .validation("The parameter \(name) is no whole number.") }
        guard !range.contains(number) else { return number }
        let bound =
            number < range.lowerBound
            ? "greater than or equal to \(range.lowerBound)" : "less than or equal to \(range.upperBound)"
        throw .validation(
            "1 validation error detected: Value '\(number)' at '\(Self.member(name))' failed to satisfy constraint: "
                + "Member must have value \(bound)")
    }
}
