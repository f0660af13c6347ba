extension JSONReader {
    /// The string that begins here, with its escapes replaced. The document is known to be UTF-8.
    mutating func string() throws(PolicyFault) -> [UInt8] {
        offset += 1
        var text: [UInt8] = []
        while let byte = next {
            switch byte {
            case UInt8(ascii: "\""):
                offset += 1
                return text
            case UInt8(ascii: "\\"):
                try appendEscape(to: &text)
            case 0..<0x20:
                throw fault("A control character stands in a string; write it as \\u00XX.")
            default:
                let plain = bytes[offset...].prefix {
                    $0 >= 0x20 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\")
                }
                text += plain
                offset += plain.count
            }
        }
        throw fault("The policy ends in the middle of a string; it has been cut off.")
    }

    private mutating func appendEscape(to text: inout [UInt8]) throws(PolicyFault) {
        let start = offset
        offset += 1
        let escaped = next
        offset += 1
        switch escaped {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(escaped!)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"): text += UTF8.encode(try scalar(escapeAt: start))!
        default:
            throw PolicyFault(
                .syntax, at: start, "JSON has no such escape; a backslash itself is written as two.")
        }
    }

    /// The character whose escape's four digits come next; a second escape follows for one beyond U+FFFF.
    private mutating func scalar(escapeAt start: Int) throws(PolicyFault) -> Unicode.Scalar {
        let first = try hexadecimal(escapeAt: start)
        if let scalar = Unicode.Scalar(first) { return scalar }
        let lone = PolicyFault(
            .invalidText, at: start,
            "Half of a surrogate pair stands alone; write the character itself, or both of its halves.")
        guard first < 0xDC00, bytes[min(offset, bytes.count)...].starts(with: "\\u".utf8) else { throw lone }
        let secondStart = offset
        offset += 2
        let second = try hexadecimal(escapeAt: secondStart)
        guard (0xDC00...0xDFFF).contains(second),
            let scalar = Unicode.Scalar(0x1_0000 + (first - 0xD800) << 10 + (second - 0xDC00))
        else { throw lone }
        return scalar
    }

    private mutating func hexadecimal(escapeAt start: Int) throws(PolicyFault) -> UInt32 {
        let digits = bytes[min(offset, bytes.count)...].prefix(4)
        guard digits.count == 4, digits.allSatisfy({ $0.isASCIIDigit || (0x61...0x66).contains($0.asciiLowercase) }),
            let text = digits.asciiText, let value = UInt32(text, radix: 16)
        else {
            throw PolicyFault(.syntax, at: start, "The escape lacks its four hexadecimal digits.")
        }
        offset += 4
        return value
    }

    /// The number that begins here, as it is written.
    mutating func number() throws(PolicyFault) -> [UInt8] {
        let start = offset
        if next == UInt8(ascii: "-") { offset += 1 }
        let leadingZero = next == UInt8(ascii: "0")
        let integerDigits = skipDigits()
        guard integerDigits > 0, !leadingZero || integerDigits == 1 else {
            throw PolicyFault(.syntax, at: start, "This is no JSON number; put it in quotation marks if it is text.")
        }
        if next == UInt8(ascii: ".") {
            offset += 1
            if skipDigits() == 0 { throw fault("A digit is missing after the number's point.") }
        }
        if next?.asciiLowercase == UInt8(ascii: "e") {
            offset += 1
            if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { offset += 1 }
            if skipDigits() == 0 { throw fault("A digit is missing in the number's exponent.") }
        }
        return Array(bytes[start..<offset])
    }

    private mutating func skipDigits() -> Int {
        let start = offset
        while next?.isASCIIDigit == true { offset += 1 }
        return offset - start
    }
}
