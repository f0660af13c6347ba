/// An element of a document, read or to be written: S3's documents have text or elements in an element, not both.
package struct DocumentElement: Sendable, Equatable {
    package var name: String
    package var text: String
    var children: [DocumentElement]
    /// Written, and left alone when read: namespaces and types.
    var attributes: [Attribute] = []

    package struct Attribute: Sendable, Equatable {
        var name: String
        var value: String
    }

    init(_ name: String, _ children: [DocumentElement]) {
        (self.name, self.text, self.children) = (name, "", children)
    }

    init(_ name: String, text: String) { (self.name, self.text, self.children) = (name, text, []) }

    /// The namespace of all that S3 answers.
    static let namespace = "http://s3.amazonaws.com/doc/2006-03-01/"

    /// The outermost element of an answer.
    static func root(_ name: String, _ children: [DocumentElement?]) -> DocumentElement {
        var element = DocumentElement(name, children.compactMap { $0 })
        element.attributes = [Attribute(name: "xmlns", value: namespace)]
        return element
    }

    /// An element that is left out where it has no value.
    static func optional(_ name: String, _ text: String?) -> DocumentElement? {
        text.map { DocumentElement(name, text: $0) }
    }
}

// MARK: - Reading

extension DocumentElement {
    /// - Throws: `MalformedXML` for elements that are not `known`: what is not understood is not agreed to.
    func check(known: Set<String>) throws(S3Error) {
        for child in children where !known.contains(child.name) {
            throw .malformedXML("\(name) has an element \(child.name), which is not known here.")
        }
    }

    /// The only element of that name.
    ///
    /// - Throws: `MalformedXML` where there are several.
    func child(_ name: String) throws(S3Error) -> DocumentElement? {
        let found = children.filter { $0.name == name }
        guard found.count <= 1 else { throw .malformedXML("\(self.name) has \(found.count) elements \(name).") }
        return found.first
    }

    /// All elements of that name, in order.
    func all(_ name: String) -> [DocumentElement] { children.filter { $0.name == name } }

    /// The text of the only element of that name.
    func text(of name: String) throws(S3Error) -> String? {
        guard let child = try child(name) else { return nil }
        guard child.children.isEmpty else { throw .malformedXML("\(name) has elements where text is expected.") }
        return child.text
    }

    /// As ``text(of:)``, of one that must be there.
    func required(_ name: String) throws(S3Error) -> String {
        guard let text = try text(of: name) else { throw .malformedXML("\(self.name) has no \(name).") }
        return text
    }

    /// `true` or `false`; nil where there is no such element.
    func flag(_ name: String) throws(S3Error) -> Bool? {
        switch try text(of: name)?.trimmingWhitespace.lowercased() {
        case nil: return nil
        case "true": return true
        case "false": return false
        default: throw .malformedXML("\(name) is true or false.")
        }
    }

    /// A whole number.
    func number(_ name: String) throws(S3Error) -> Int? {
        guard let text = try text(of: name)?.trimmingWhitespace else { return nil }
        guard let number = Int(text) else { throw .malformedXML("\(name) is no number.") }
        return number
    }
}

extension String {
    /// Without white space of XML around it.
    var trimmingWhitespace: String {
        func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D }
        let bytes = Array(utf8)
        guard let first = bytes.firstIndex(where: { !isSpace($0) }), let last = bytes.lastIndex(where: { !isSpace($0) })
        else { return "" }
        return String(decoding: bytes[first...last], as: UTF8.self)
    }
}
