/// A JSON value as records have it: members in the order of their names' bytes, no spaces, one line.
///
/// The same value has always the same bytes, which are what is hashed and signed. Nothing in them moves a terminal's
/// cursor or makes a line look like another: control characters (line feeds and escapes among them) and those that
/// reorder text are written as `\uXXXX`.
package indirect enum AuditValue: Sendable, Equatable {
    case null
    case boolean(Bool)
    case integer(Int64)
    case text(String)
    case list([AuditValue])
    /// Names are unique; their order does not count.
    case members([Member])

    package struct Member: Sendable, Equatable {
        package var name: String
        package var value: AuditValue

        package init(_ name: String, _ value: AuditValue) {
            self.name = name
            self.value = value
        }
    }

    /// How much of a value is written; the rest is cut, visibly.
    struct Limits: Sendable {
        var textSizeBytes: Int
        var elements: Int
    }

    func write(to bytes: inout [UInt8], _ limits: Limits) {
        switch self {
        case .null: bytes += "null".utf8
        case .boolean(let value): bytes += (value ? "true" : "false").utf8
        case .integer(let value): bytes += String(value).utf8
        case .text(let text): Self.write(text, to: &bytes, limits)
        case .list(let values):
            bytes.append(UInt8(ascii: "["))
            for (index, value) in values.prefix(limits.elements).enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                value.write(to: &bytes, limits)
            }
            if values.count > limits.elements {
                bytes += ",\"\(Self.cut) \(values.count - limits.elements) elements]\"".utf8
            }
            bytes.append(UInt8(ascii: "]"))
        case .members(let members): Self.write(members, to: &bytes, limits)
        }
    }

    private static func write(_ members: [Member], to bytes: inout [UInt8], _ limits: Limits) {
        let sorted = members.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        bytes.append(UInt8(ascii: "{"))
        for (index, member) in sorted.prefix(limits.elements).enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            write(member.name, to: &bytes, limits)
            bytes.append(UInt8(ascii: ":"))
            member.value.write(to: &bytes, limits)
        }
        if sorted.count > limits.elements {
            bytes += ",\"\(cut) \(sorted.count - limits.elements) members]\":null".utf8
        }
        bytes.append(UInt8(ascii: "}"))
    }

    // MARK: Text

    private static let cut = "[cut:"

    private static func write(_ text: String, to bytes: inout [UInt8], _ limits: Limits) {
        bytes.append(UInt8(ascii: "\""))
        var written = 0
        for scalar in text.unicodeScalars {
            let size = UTF8.width(scalar)
            if written + size > limits.textSizeBytes {
                bytes += "\(cut) \(text.utf8.count - written) bytes]".utf8
                break
            }
            written += size
            write(scalar, to: &bytes)
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private static func write(_ scalar: Unicode.Scalar, to bytes: inout [UInt8]) {
        switch scalar {
        case "\"": bytes += "\\\"".utf8
        case "\\": bytes += "\\\\".utf8
        case _ where isUnsafeToShow(scalar):
            let digits = String(scalar.value, radix: 16)
            bytes += ("\\u" + String(repeating: "0", count: 4 - digits.count) + digits).utf8
        default: bytes += UTF8.encode(scalar)!
        }
    }

    /// Controls (C0, DEL, C1), line and paragraph separators, what changes the direction of text or is invisible, and
    /// the byte order mark. All lie in the first plane.
    private static func isUnsafeToShow(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7F...0x9F, 0xAD, 0x61C, 0x180E, 0x200B...0x200F, 0x2028...0x202E, 0x2060...0x206F, 0xFEFF: true
        default: false
        }
    }
}
