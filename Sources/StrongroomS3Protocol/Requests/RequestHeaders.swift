/// Headers of a request, by names in lower case.
package struct RequestHeaders: Sendable {
    /// In the order in which they came, values as they came.
    private(set) var fields: [(name: String, value: String)]

    package init(_ fields: [(name: String, value: String)]) {
        self.fields = fields.map { (name: $0.name.lowercased(), value: $0.value) }
    }

    /// The only value of a header, without blanks around it.
    ///
    /// - Throws: `InvalidArgument` where it came more than once: two readers could take two values for the one.
    func single(_ name: String) throws(S3Error) -> String? {
        var found: String?
        for field in fields where field.name == name {
            guard found == nil else {
                throw .invalidArgument("The header \(name) came more than once.", name: name)
            }
            found = field.value.trimmingBlanks
        }
        return found
    }

    /// `true` or `false`, in any letter case; nil where the header is not there.
    ///
    /// - Throws: `InvalidArgument` for all else: what is not understood is not agreed to.
    func flag(_ name: String) throws(S3Error) -> Bool? {
        switch try single(name)?.lowercased() {
        case nil: nil
        case "true": true
        case "false": false
        default: throw .invalidArgument("The header \(name) is true or false.", name: name)
        }
    }

    /// All values of a header that is a list, in order.
    func values(_ name: String) -> [String] { fields.filter { $0.name == name }.map(\.value.trimmingBlanks) }

    func contains(_ name: String) -> Bool { fields.contains { $0.name == name } }

    /// All headers whose names begin so, in order.
    func beginning(with prefix: String) -> [(name: String, value: String)] {
        fields.filter { $0.name.hasPrefix(prefix) }
    }

    /// Appends a header, by its name in lower case.
    mutating func append(_ name: String, _ value: String) { fields.append((name, value)) }

    /// Takes a header away.
    mutating func remove(_ name: String) { fields.removeAll { $0.name == name } }
}

extension StringProtocol {
    /// Without spaces and tabs around it.
    var trimmingBlanks: String {
        var text = Substring(self)
        while let first = text.unicodeScalars.first, first == " " || first == "\t" { text.unicodeScalars.removeFirst() }
        while let last = text.unicodeScalars.last, last == " " || last == "\t" { text.unicodeScalars.removeLast() }
        return String(text)
    }
}
