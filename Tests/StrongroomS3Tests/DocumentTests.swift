import Testing

@testable import StrongroomS3Protocol

/// Attack 33: documents that expand, hide or overflow.
@Suite("Documents") struct DocumentTests {
    private func read(_ text: String) throws -> DocumentElement {
        try DocumentReader.read(Array(text.utf8), root: "A")
    }

    @Test("are read as they are written")
    func roundTrip() throws {
        let root = DocumentElement(
            "A",
            [
                DocumentElement("B", text: "<&>\"'\r\n é\u{1F600}"),
                DocumentElement("C", [DocumentElement("D", text: "")]),
            ])
        #expect(try DocumentReader.read(try DocumentWriter.bytes(root), root: "A") == root)
    }

    @Test("with namespaces, comments and CDATA say the same")
    func forms() throws {
        let text = """
            <?xml version='1.0' encoding='utf-8'?><!-- c --><A xmlns="http://s3.amazonaws.com/doc/2006-03-01/">
              <B><![CDATA[<x>]]>&amp;&#65;</B>
            </A>
            """
        #expect(try read(text) == DocumentElement("A", [DocumentElement("B", text: "<x>&A")]))
    }

    @Test("that would expand, or read something, are refused")
    func entities() {
        let bomb = "<!DOCTYPE A [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;\">]><A>&b;</A>"
        let external = "<!DOCTYPE A [<!ENTITY a SYSTEM \"file:///etc/passwd\">]><A>&a;</A>"
        for text in [
            bomb, external, "<A>&undefined;</A>", "<?xml version=\"1.0\"?><!DOCTYPE A SYSTEM \"http://x/\"><A/>",
        ] {
            #expect(throws: S3Error.self, "\(text)") { try read(text) }
        }
    }

    /// The story: Foundation's parser reads the data of an instruction that has none, and the server was gone. Found by
    /// fuzzing.
    @Test("with processing instructions are refused, before anything reads them")
    func instructions() throws {
        for text in [
            "<?x-?>\n<A/>", "<A><?x?></A>", "<A/><?x?>", "<?xml-stylesheet?><A/>", "<?xml version=\"1.0\"?><?y?><A/>",
            "\u{FEFF}<?x?><A/>", " <?xml version=\"1.0\"?><A/>", "<A><![CDATA[<?x?>]]></A>",
        ] {
            let error = #expect(throws: S3Error.self, "\(text)") { try read(text) }
            #expect(error?.code == "MalformedXML")
        }
        #expect(try read("\u{FEFF}<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<A/>") == DocumentElement("A", []))
        #expect(try read("<?xml\tversion='1.0'?><A/>") == DocumentElement("A", []))
    }

    /// The story: the encoding was looked for in the first bytes only, and the parser found it behind blanks: what it
    /// then read was not what had been checked.
    @Test("have the encoding that was checked, wherever another one is hidden")
    func hiddenEncodings() throws {
        let blanks = String(repeating: " ", count: 300)
        let hidden = "<A>+ADwAPw-x?+AD4-</A>"
        for text in [
            "<?xml version=\"1.0\"\(blanks)encoding=\"UTF-7\"?>\(hidden)",
            "<?xml version=\"1.0\" encoding=\"UTF-7\"?>\(hidden)",
            "<?xml version=\"1.0\"\(blanks)?><A/>", "<?xml version=\"1.0\"",
            "<?xml version=\"1.0\"\(blanks)encoding=\"IBM037\"?><A/>",
        ] {
            let error = #expect(throws: S3Error.self, "\(text)") { try read(text) }
            #expect(error?.code == "MalformedXML")
        }
        #expect(try read("<?xml version=\"1.0\" encoding='utf-8' standalone=\"yes\"?>\(hidden)").text.hasPrefix("+AD"))
    }

    @Test("that are too deep, too many, another encoding or none are refused")
    func sizes() {
        let deep = String(repeating: "<A>", count: 100_000)
        let many = "<A>" + String(repeating: "<B/>", count: DocumentReader.elementCountMaximum + 1) + "</A>"
        for text in [deep, many, "", "<A>", "<A></B>", "<A/><A/>", "<A/>x", "<B/>", "<A>\u{0}</A>", "<A>&#0;</A>"] {
            #expect(throws: S3Error.self) { try read(text) }
        }
        #expect(throws: S3Error.self) { try read("<?xml version=\"1.0\" encoding=\"UTF-16\"?><A/>") }
        let wide = Array("<A/>".utf16.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8($0 >> 8)] })
        #expect(throws: S3Error.self) { try DocumentReader.read([0xFF, 0xFE] + wide, root: "A") }
        #expect(throws: S3Error.self) {
            try DocumentReader.read(Array("<A>".utf8) + [0xC0, 0xAF] + Array("</A>".utf8), root: "A")
        }
    }

    @Test("of a million parts are refused before anything is looked up")
    func parts() {
        let part = "<Part><PartNumber>1</PartNumber><ETag>e</ETag></Part>"
        let many =
            "<CompleteMultipartUpload>" + String(repeating: part, count: 1_000_000) + "</CompleteMultipartUpload>"
        #expect(throws: S3Error.self) {
            try DocumentReader.read(Array(many.utf8), root: "CompleteMultipartUpload")
        }
        let most = "<A>" + String(repeating: part, count: 10_001) + "</A>"
        #expect(throws: S3Error.self) { try CompletionList.parts(try read(most)) }
    }

    @Test("with elements that are not known, or twice, are refused")
    func strictness() throws {
        let root = try read("<A><B>1</B><B>2</B><C>x</C></A>")
        #expect(throws: S3Error.self) { try root.check(known: ["B"]) }
        #expect(throws: S3Error.self) { try root.text(of: "B") }
        #expect(throws: S3Error.self) { try root.flag("C") }
        #expect(throws: S3Error.self) { try root.number("C") }
        #expect(throws: S3Error.self) { try root.required("D") }
    }

    @Test("never hold what XML cannot")
    func controls() {
        let element = DocumentElement("A", text: "a\u{1}b")
        #expect(throws: S3Error.self) { try DocumentWriter.bytes(element) }
        let error = S3Error(400, "X", "a\u{1}<b>")
        let text = String(decoding: ErrorDocument.bytes(error, resource: "/\u{1b}", requestID: "1"), as: UTF8.self)
        #expect(text.contains("<Message>a\u{FFFD}&lt;b&gt;</Message>") && !text.contains("\u{1b}"))
    }
}
