/// A JSON value (RFC 8259), for control requests and their answers.
///
/// Our own, because a module must not need a library that the process may not have loaded (Foundation),
/// and because requests are hostile: depth is limited, a name that comes twice is refused. Numbers keep
/// their text.
package enum JSONValue: Sendable, Equatable {
    case null
    case boolean(Bool)
    case number(String)
    case string(String)
    case array([JSONValue])
    case object([String: JSONValue])

    /// The members of a JSON object, or `invalidRequest`.
    package static func object(parsing bytes: [UInt8]) throws(KeyBackendError) -> [String: JSONValue] {
        guard case .object(let members) = try JSONValue(parsing: bytes) else {
            throw JSONParser.malformed("it is not an object", at: 0)
        }
        return members
    }

    /// Fails with `invalidRequest` for anything but one JSON value.
    package init(parsing bytes: [UInt8]) throws(KeyBackendError) {
        var parser = JSONParser(bytes)
        self = try parser.document()
    }

    /// In UTF-8, without spaces, members in the order of their names.
    package func encoded() -> [UInt8] {
        var text = ""
        write(to: &text)
        return Array(text.utf8)
    }

    private func write(to text: inout String) {
        switch self {
        case .null: text += "null"
        case .boolean(let value): text += value ? "true" : "false"
        case .number(let digits): text += digits
        case .string(let value): Self.write(value, to: &text)
        case .array(let values):
            text += "["
            for (index, value) in values.enumerated() {
                if index > 0 { text += "," }
                value.write(to: &text)
            }
            text += "]"
        case .object(let members):
            text += "{"
            for (index, member) in members.sorted(by: { $0.key < $1.key }).enumerated() {
                if index > 0 { text += "," }
                Self.write(member.key, to: &text)
                text += ":"
                member.value.write(to: &text)
            }
            text += "}"
        }
    }

    private static func write(_ value: String, to text: inout String) {
        text += "\""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case _ where scalar.value < 0x20: text += "\\u00" + Hexadecimal.encode([UInt8(scalar.value)])
            default: text.unicodeScalars.append(scalar)
            }
        }
        text += "\""
    }
}
