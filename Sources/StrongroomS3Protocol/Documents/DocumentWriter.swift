/// Writes documents as UTF-8.
package enum DocumentWriter {
    private static let declaration = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"

    /// - Throws: `InvalidArgument` for text that XML has no way to write: control characters in keys.
    package static func bytes(_ root: DocumentElement) throws(S3Error) -> [UInt8] {
        var text = declaration
        try write(root, to: &text)
        return Array(text.utf8)
    }

    private static func write(_ element: DocumentElement, to text: inout String) throws(S3Error) {
        text += "<\(element.name)"
        for attribute in element.attributes { text += " \(attribute.name)=\"\(XMLText.escaped(attribute.value))\"" }
        if element.children.isEmpty, element.text.isEmpty {
            text += "/>"
            return
        }
        text += ">"
        guard element.text.unicodeScalars.allSatisfy(XMLText.isAllowed) else {
            throw .invalidArgument(
                "A name has characters that XML cannot express. Ask again with encoding-type=url.",
                name: "encoding-type")
        }
        text += XMLText.escaped(element.text)
        for child in element.children { try write(child, to: &text) }
        text += "</\(element.name)>"
    }
}
