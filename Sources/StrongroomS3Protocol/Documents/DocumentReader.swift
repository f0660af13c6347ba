#if canImport(FoundationXML)
internal import Foundation
internal import FoundationXML
#else
internal import Foundation
#endif

/// Reads documents that clients send, which may be hostile.
///
/// Nothing that expands is read: no document type, hence no entities but XML's own five, and nothing from outside.
/// Depth and the number of elements are bounded, and so is the size, before this is called.
package enum DocumentReader {
    /// How deep elements may stand in each other; S3's own documents need eight.
    static let depthMaximum = 16
    /// How many elements a document may have: a completion with all its parts and checksums has fewer.
    static let elementCountMaximum = 100_000

    /// - Parameter root: the name of the outermost element.
    /// - Throws: `MalformedXML`.
    package static func read(_ bytes: [UInt8], root: String) throws(S3Error) -> DocumentElement {
        try checkEncoding(bytes)
        let builder = TreeBuilder()
        let parser = XMLParser(data: Data(bytes))
        parser.shouldResolveExternalEntities = false
        parser.delegate = builder
        // On Linux the parser calls a document with something behind it a success, and has an error all the same.
        guard parser.parse(), parser.parserError == nil, builder.fault == nil, let element = builder.root else {
            throw .malformedXML(builder.fault ?? "")
        }
        guard element.name == root else { throw .malformedXML("The document is a \(element.name), not a \(root).") }
        return element
    }

    /// A document in another encoding would be checked as one text and read as another.
    private static func checkEncoding(_ bytes: [UInt8]) throws(S3Error) {
        guard !bytes.contains(0), String(validating: bytes, as: UTF8.self) != nil else {
            throw .malformedXML("The document is not UTF-8.")
        }
        guard !contains("<!DOCTYPE", bytes), !contains("<!ENTITY", bytes) else {
            throw .malformedXML("Documents with a document type are not read.")
        }
        let text = bytes.starts(with: byteOrderMark) ? bytes[byteOrderMark.count...] : bytes[...]
        guard isDeclared(text) else { return try checkInstructions(text) }
        try checkInstructions(text.dropFirst(declaration.count))
        let head = String(decoding: text.prefix(256), as: UTF8.self)
        guard let end = head.range(of: "?>") else { return }
        let declaration = head[..<end.lowerBound].lowercased()
        guard declaration.contains("encoding") else { return }
        guard declaration.contains("\"utf-8\"") || declaration.contains("'utf-8'") else {
            throw .malformedXML("The document is not UTF-8.")
        }
    }

    private static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]
    private static let declaration = Array("<?xml".utf8)

    /// Whether it begins with a declaration of XML, and not with an instruction such as `<?xml-stylesheet …?>`.
    private static func isDeclared(_ text: ArraySlice<UInt8>) -> Bool {
        let rest = text.dropFirst(declaration.count)
        return text.starts(with: declaration) && [0x20, 0x09, 0x0A, 0x0D].contains(rest.first ?? 0)
    }

    /// No document of S3 has a processing instruction, and one without data ends the process: Foundation's parser reads
    /// text that is not there.
    private static func checkInstructions(_ text: ArraySlice<UInt8>) throws(S3Error) {
        guard !contains("<?", Array(text)) else { throw .malformedXML("Processing instructions are not read.") }
    }

    private static func contains(_ word: String, _ bytes: [UInt8]) -> Bool {
        let word = Array(word.utf8)
        guard bytes.count >= word.count else { return false }
        var start = bytes.startIndex
        while let index = bytes[start...].firstIndex(of: word[0]) {
            if bytes[index...].starts(with: word) { return true }
            start = index + 1
        }
        return false
    }
}

/// Builds the tree as the parser goes on.
private final class TreeBuilder: NSObject, XMLParserDelegate {
    private(set) var root: DocumentElement?
    /// Why reading was given up.
    private(set) var fault: String?
    private var path: [DocumentElement] = []
    private var count = 0

    func parser(
        _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
        attributes: [String: String]
    ) {
        count += 1
        guard path.count < DocumentReader.depthMaximum, count <= DocumentReader.elementCountMaximum else {
            fault = "The document is too deep or has too many elements."
            parser.abortParsing()
            return
        }
        path.append(DocumentElement(name, []))
    }

    func parser(
        _ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?
    ) {
        guard var element = path.popLast() else { return }
        // White space between elements is layout.
        if !element.children.isEmpty { element.text = "" }
        guard !path.isEmpty else {
            root = element
            return
        }
        path[path.count - 1].children.append(element)
    }

    func parser(_ parser: XMLParser, foundCharacters text: String) {
        guard !path.isEmpty else { return }
        path[path.count - 1].text += text
    }

    func parser(_ parser: XMLParser, foundCDATA block: Data) {
        guard !path.isEmpty else { return }
        path[path.count - 1].text += String(decoding: block, as: UTF8.self)
    }
}
