/// Text of somebody else's, as the log says it.
enum LoggedName {
    /// In quotation marks, with nothing in it that ends a line, speaks to a terminal or turns the direction of writing:
    /// it can neither forge a line of the log nor hide a part of one.
    static func quoted(_ text: String) -> String { "\"\(escaped(text))\"" }

    /// The same without the marks.
    static func escaped(_ text: String) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": escaped += #"\\"#
            case "\"": escaped += #"\""#
            case "\n": escaped += #"\n"#
            case "\r": escaped += #"\r"#
            case "\t": escaped += #"\t"#
            default:
                if isPlain(scalar) {
                    escaped.unicodeScalars.append(scalar)
                } else {
                    escaped += "\\u{\(String(scalar.value, radix: 16, uppercase: true))}"
                }
            }
        }
        return escaped
    }

    /// The control characters from U+0080 on and the two separators of Unicode break lines for many a reader, too.
    private static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: false
        default: true
        }
    }
}
