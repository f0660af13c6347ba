#if RemoteKMS
internal import StrongroomCrypto
internal import StrongroomKeys

/// An answer with a data key: a JSON object in locked memory, of which one member is a secret in base64.
///
/// The object is taken apart where it stands. All members but the secret are copied and parsed as usual; the secret is
/// decoded from one piece of locked memory into another, and no text is ever made of it.
struct SecretAnswer: ~Copyable {
    struct Malformed: Error {
        var reason: String
    }

    /// All but the secret.
    let members: [String: JSONValue]
    let secret: SecretBytes?

    /// One without a secret.
    init(members: [String: JSONValue]) {
        self.members = members
        secret = nil
    }

    consuming func takeSecret() -> SecretBytes? { secret }

    init(_ text: RawSpan, secretName: String) throws(KeyBackendError) {
        do throws(Malformed) {
            self = try Self.parse(text, secretName)
        } catch {
            throw KeyBackendError(.moduleFault, "got an answer that is none of a key service: \(error.reason)")
        }
    }

    private init(members: [String: JSONValue], secret: consuming SecretBytes?) {
        self.members = members
        self.secret = secret
    }

    private static func parse(_ text: RawSpan, _ secretName: String) throws(Malformed) -> SecretAnswer {
        let ranges = try SecretAnswerScanner.members(text)
        var members: [String: JSONValue] = [:]
        for (name, range) in ranges where name != secretName {
            guard let value = try? JSONValue(parsing: text.bytes(in: range)) else {
                throw Malformed(reason: "the member '\(ServiceText.printable(name, sizeBytesMax: 64))' is no JSON")
            }
            members[name] = value
        }
        guard let range = ranges[secretName] else { return SecretAnswer(members: members) }
        return SecretAnswer(members: members, secret: try SecretBase64.decode(text.extracting(range)))
    }
}

extension SecretAnswer.Malformed: SecretMemoryErrorConvertible {
    init(secretMemory error: SecretMemoryError) { self.init(reason: error.message) }
}

/// Finds the members of a JSON object by their bytes.
private struct SecretAnswerScanner {
    private typealias Malformed = SecretAnswer.Malformed

    private var offset = 0

    /// Where the value of each member stands; of a string with its quotes.
    static func members(_ text: RawSpan) throws(SecretAnswer.Malformed) -> [String: Range<Int>] {
        var scanner = SecretAnswerScanner()
        var members: [String: Range<Int>] = [:]
        try scanner.expect("{", text)
        if !scanner.take("}", text) {
            repeat {
                scanner.skipSpace(text)
                let name = try scanner.name(text)
                try scanner.expect(":", text)
                scanner.skipSpace(text)
                let start = scanner.offset
                try scanner.skipValue(text)
                guard members.updateValue(start..<scanner.offset, forKey: name) == nil else {
                    throw Malformed(reason: "the member '\(name.prefix(64))' comes twice")
                }
            } while scanner.take(",", text)
            try scanner.expect("}", text)
        }
        scanner.skipSpace(text)
        guard scanner.offset == text.byteCount else { throw Malformed(reason: "something follows the object") }
        return members
    }

    private mutating func name(_ text: RawSpan) throws(SecretAnswer.Malformed) -> String {
        let start = offset
        guard peek(text) == UInt8(ascii: "\"") else { throw Malformed(reason: "a member has no name") }
        try skipString(text)
        guard case .string(let name)? = try? JSONValue(parsing: text.bytes(in: start..<offset)) else {
            throw Malformed(reason: "a member's name is no text")
        }
        return name
    }

    /// Past one value; that of what is copied is checked when it is parsed.
    private mutating func skipValue(_ text: RawSpan) throws(SecretAnswer.Malformed) {
        var depth = 0
        repeat {
            guard let byte = peek(text) else { throw Malformed(reason: "it ends too early") }
            switch byte {
            case UInt8(ascii: "\""): try skipString(text)
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth += 1
                offset += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"), UInt8(ascii: ","), UInt8(ascii: ":"):
                guard depth > 0 else { throw Malformed(reason: "a value is missing") }
                if byte == UInt8(ascii: "}") || byte == UInt8(ascii: "]") { depth -= 1 }
                offset += 1
            case 0x20, 0x09, 0x0A, 0x0D: offset += 1
            default: skipWord(text)
            }
        } while depth > 0
    }

    /// A number or one of the three words.
    private mutating func skipWord(_ text: RawSpan) {
        let ends: [UInt8] = Array("{}[],:\" \t\r\n".utf8)
        while let byte = peek(text), !ends.contains(byte) { offset += 1 }
    }

    private mutating func skipString(_ text: RawSpan) throws(SecretAnswer.Malformed) {
        offset += 1
        while let byte = peek(text) {
            offset += 1
            switch byte {
            case UInt8(ascii: "\""): return
            case UInt8(ascii: "\\"): offset += 1
            case 0..<0x20: throw Malformed(reason: "a string has a control character")
            default: break
            }
        }
        throw Malformed(reason: "a string has no end")
    }

    private func peek(_ text: RawSpan) -> UInt8? { offset < text.byteCount ? text.byte(at: offset) : nil }

    private mutating func take(_ character: Unicode.Scalar, _ text: RawSpan) -> Bool {
        skipSpace(text)
        guard peek(text) == UInt8(ascii: character) else { return false }
        offset += 1
        return true
    }

    private mutating func expect(_ character: Unicode.Scalar, _ text: RawSpan) throws(SecretAnswer.Malformed) {
        guard take(character, text) else { throw Malformed(reason: "'\(character)' is missing at byte \(offset)") }
    }

    private mutating func skipSpace(_ text: RawSpan) {
        while let byte = peek(text), [0x20, 0x09, 0x0A, 0x0D].contains(byte) { offset += 1 }
    }
}
#endif
