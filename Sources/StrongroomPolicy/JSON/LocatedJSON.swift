/// A value of a JSON document, and where it stands.
struct LocatedJSON {
    struct Member {
        let name: [UInt8]
        /// Where the name's quotation mark stands.
        let offset: Int
        let value: LocatedJSON
    }

    enum Content {
        case object([Member])
        case array([LocatedJSON])
        /// UTF-8, without its escapes.
        case string([UInt8])
        /// As it is written.
        case number([UInt8])
        case boolean(Bool)
        case null
    }

    let content: Content
    /// Where its first byte stands.
    let offset: Int

    /// What it is, for messages.
    var kind: String {
        switch content {
        case .object: "an object"
        case .array: "an array"
        case .string: "a string"
        case .number: "a number"
        case .boolean: "a boolean"
        case .null: "null"
        }
    }
}

extension Sequence<UInt8> {
    /// The text, if it has none but ASCII characters. Swift's strings are equal where Unicode says that they look the
    /// same, so that "\u{212A}" is "K"; names of the language are compared after this.
    var asciiText: String? {
        allSatisfy { $0 < 0x80 } ? String(decoding: Array(self), as: UTF8.self) : nil
    }
}

extension UInt8 {
    var isUTF8Continuation: Bool { self & 0xC0 == 0x80 }
    var isASCIIDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }
    package var asciiLowercase: UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(self) ? self | 0x20 : self
    }
    var isASCIILetter: Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(asciiLowercase) }
}
