/// Reads JSON (RFC 8259) as narrowly as it may be read: an object alone, in UTF-8, each name once.
///
/// Two readers that take the same bytes for different policies are a hole in one of them, so everything that readers
/// are known to differ in is refused.
struct JSONReader {
    let bytes: [UInt8]
    var offset = 0

    static func read(_ bytes: [UInt8]) throws(PolicyFault) -> LocatedJSON {
        guard bytes.first == UInt8(ascii: "{") else {
            throw PolicyFault(.syntax, at: 0, "The policy does not begin with '{'; give one JSON object and no more.")
        }
        do throws(UTF8.ValidationError) {
            _ = try UTF8Span(validating: bytes.span)
        } catch {
            throw PolicyFault(.invalidText, at: error.byteOffsets.lowerBound, "This is no UTF-8; encode it as UTF-8.")
        }
        var reader = JSONReader(bytes: bytes)
        let value = try reader.value(depth: 0)
        reader.skipWhiteSpace()
        if reader.offset < bytes.count {
            throw reader.fault("Something follows the policy's last '}'; remove it.")
        }
        return value
    }

    func fault(_ message: String) -> PolicyFault { PolicyFault(.syntax, at: offset, message) }

    var next: UInt8? { offset < bytes.count ? bytes[offset] : nil }

    mutating func skipWhiteSpace() {
        while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { offset += 1 }
    }

    private mutating func take(_ expected: Unicode.Scalar) -> Bool {
        guard next == UInt8(ascii: expected) else { return false }
        offset += 1
        return true
    }

    private mutating func value(depth: Int) throws(PolicyFault) -> LocatedJSON {
        skipWhiteSpace()
        let start = offset
        let content: LocatedJSON.Content
        switch next {
        case UInt8(ascii: "{"): content = .object(try members(depth: try deeper(depth)))
        case UInt8(ascii: "["): content = .array(try elements(depth: try deeper(depth)))
        case UInt8(ascii: "\""): content = .string(try string())
        case let byte? where byte == UInt8(ascii: "-") || byte.isASCIIDigit: content = .number(try number())
        case UInt8(ascii: "t"): content = try word("true", .boolean(true))
        case UInt8(ascii: "f"): content = try word("false", .boolean(false))
        case UInt8(ascii: "n"): content = try word("null", .null)
        case nil: throw fault("The policy ends in the middle of a value; it has been cut off.")
        default: throw fault("No value begins like this; text stands in double quotation marks.")
        }
        return LocatedJSON(content: content, offset: start)
    }

    private func deeper(_ depth: Int) throws(PolicyFault) -> Int {
        guard depth < PolicyLimits.depthMax else {
            throw PolicyFault(
                .tooDeep, at: offset,
                "Values are nested more than \(PolicyLimits.depthMax) deep; no element of a policy needs that.")
        }
        return depth + 1
    }

    private mutating func members(depth: Int) throws(PolicyFault) -> [LocatedJSON.Member] {
        offset += 1
        skipWhiteSpace()
        if take("}") { return [] }
        var members: [LocatedJSON.Member] = []
        var names: Set<[UInt8]> = []
        repeat {
            skipWhiteSpace()
            let start = offset
            guard next == UInt8(ascii: "\"") else {
                throw fault("A name in double quotation marks is missing; a comma stands only between members.")
            }
            let name = try string()
            guard names.insert(name).inserted else {
                throw PolicyFault(
                    .duplicateName, at: start,
                    "The name '\(String(decoding: name, as: UTF8.self))' comes twice in one object; merge the two.")
            }
            skipWhiteSpace()
            guard take(":") else { throw fault("A ':' is missing after the name.") }
            members.append(LocatedJSON.Member(name: name, offset: start, value: try value(depth: depth)))
            skipWhiteSpace()
        } while take(",")
        guard take("}") else { throw fault("A ',' or '}' is missing after the member.") }
        return members
    }

    private mutating func elements(depth: Int) throws(PolicyFault) -> [LocatedJSON] {
        offset += 1
        skipWhiteSpace()
        if take("]") { return [] }
        var elements: [LocatedJSON] = []
        repeat {
            elements.append(try value(depth: depth))
            skipWhiteSpace()
        } while take(",")
        guard take("]") else { throw fault("A ',' or ']' is missing after the element.") }
        return elements
    }

    private mutating func word(
        _ word: String, _ content: LocatedJSON.Content
    ) throws(PolicyFault) -> LocatedJSON.Content {
        guard bytes[offset...].starts(with: word.utf8) else {
            throw fault("No value begins like this; text stands in double quotation marks.")
        }
        offset += word.utf8.count
        return content
    }
}
