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
        let builder = TreeBuilder()
        let parser = XMLParser(data: Data(try content(bytes)))
        parser.shouldResolveExternalEntities = false
        parser.delegate = builder
        // On Linux the parser calls a document with something behind it a success, and has an error all the same.
        guard parser.parse(), parser.parserError == nil, builder.fault == nil, let element = builder.root else {
            throw .malformedXML(builder.fault ?? "")
        }
        guard element.name == root else { throw .malformedXML("The document is a \(element.name), not a \(root).") }
        return element
    }

    /// How far a declaration may reach; it says a version, an encoding and whether the document stands alone.
    private static let declarationBytesMaximum = 256
    private static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

    /// The document behind its declaration. What the parser does not see cannot have it read another encoding than the
    /// one that was checked here.
    private static func content(_ bytes: [UInt8]) throws(S3Error) -> ArraySlice<UInt8> {
        guard !bytes.contains(0), String(validating: bytes, as: UTF8.self) != nil else {
            throw .malformedXML("The document is not UTF-8.")
        }
        var text = bytes[...]
        if text.starts(with: byteOrderMark) { text = text.dropFirst(byteOrderMark.count) }
        if isDeclared(text) { text = text.dropFirst(try declarationBytes(text)) }
        guard !contains("<!DOCTYPE", text), !contains("<!ENTITY", text) else {
            throw .malformedXML("Documents with a document type are not read.")
        }
        // No document of S3 has one, and one without data ends the process: Foundation's parser reads text that is not
        // there.
        guard !contains("<?", text) else { throw .malformedXML("Processing instructions are not read.") }
        return text
    }

    /// Whether it begins with a declaration of XML, and not with an instruction such as `<?xml-stylesheet …?>`.
    private static func isDeclared(_ text: ArraySlice<UInt8>) -> Bool {
        let word = Array("<?xml".utf8)
        let rest = text.dropFirst(word.count)
        return text.starts(with: word) && [0x20, 0x09, 0x0A, 0x0D].contains(rest.first ?? 0)
    }

    /// How long the declaration is.
    ///
    /// - Throws: `MalformedXML` where it has no end, or another encoding.
    private static func declarationBytes(_ text: ArraySlice<UInt8>) throws(S3Error) -> Int {
        let head = String(decoding: text.prefix(declarationBytesMaximum), as: UTF8.self)
        guard let end = head.range(of: "?>") else { throw .malformedXML("The declaration of XML is too long.") }
        let declaration = head[..<end.upperBound]
        let words = declaration.lowercased()
        guard !words.contains("encoding") || words.contains("\"utf-8\"") || words.contains("'utf-8'") else {
            throw .malformedXML("The document is not UTF-8.")
        }
        return declaration.utf8.count
    }

    private static func contains(_ word: String, _ bytes: ArraySlice<UInt8>) -> Bool {
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
