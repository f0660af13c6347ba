/// The body of an answer that is an error.
///
/// Written by hand: its elements are named by the error, and it must not fail.
enum ErrorDocument {
    /// - Parameters:
    ///   - resource: what was asked for, as it was asked for.
    ///   - requestID: the answer's `x-amz-request-id`.
    static func bytes(_ error: S3Error, resource: String, requestID: String) -> [UInt8] {
        var text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error>"
        append("Code", error.code, to: &text)
        append("Message", error.message, to: &text)
        for detail in error.details { append(detail.name, detail.value, to: &text) }
        append("Resource", resource, to: &text)
        append("RequestId", requestID, to: &text)
        // Clients expect it beside the request's id; here it says no more than that.
        append("HostId", requestID, to: &text)
        return Array((text + "</Error>").utf8)
    }

    private static func append(_ name: String, _ value: String, to text: inout String) {
        text += "<\(name)>\(XMLText.escaped(value))</\(name)>"
    }
}

/// Characters of XML 1.0 (section 2.2).
enum XMLText {
    /// What XML has no way to say, control characters, becomes U+FFFD: only messages are made with this.
    static func escaped(_ text: String) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "&": escaped += "&amp;"
            case "\"": escaped += "&quot;"
            case "\r": escaped += "&#13;"
            default: escaped.unicodeScalars.append(isAllowed(scalar) ? scalar : "\u{FFFD}")
            }
        }
        return escaped
    }

    /// The text with U+FFFD for what XML has no way to say: for answers to what is done already, and cannot fail.
    static func writable(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.map { isAllowed($0) ? $0 : "\u{FFFD}" }))
    }

    /// Whether a document can hold it.
    static func isAllowed(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x9, 0xA, 0xD, 0x20...0xD7FF, 0xE000...0xFFFD, 0x10000...0x10FFFF: true
        default: false
        }
    }
}
