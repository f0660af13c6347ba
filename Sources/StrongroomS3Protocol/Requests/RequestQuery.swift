/// Parameters of a request's query, decoded once.
struct RequestQuery: Sendable {
    let items: [(name: String, value: String)]

    init(_ items: [(name: String, value: String)]) { self.items = items }

    /// The only value of a parameter.
    ///
    /// - Throws: `InvalidArgument` where it came more than once.
    func single(_ name: String) throws(S3Error) -> String? {
        var found: String?
        for item in items where item.name == name {
            guard found == nil else {
                throw .invalidArgument("The parameter \(name) came more than once.", name: name)
            }
            found = item.value
        }
        return found
    }

    func contains(_ name: String) -> Bool { items.contains { $0.name == name } }

    /// A whole number.
    ///
    /// - Throws: `InvalidArgument` for anything that is none in the range.
    func number(_ name: String, in range: ClosedRange<Int>) throws(S3Error) -> Int? {
        guard let text = try single(name) else { return nil }
        guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(text),
            range.contains(number)
        else {
            throw .invalidArgument(
                "\(name) must be a whole number from \(range.lowerBound) to \(range.upperBound)", name: name,
                value: String(text.prefix(64)))
        }
        return number
    }
}
