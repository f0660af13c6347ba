internal import StrongroomCrypto

/// Takes one member, a text of base64, out of the bytes of a JSON object, without a reader of JSON seeing it: into
/// locked memory, blanks in its place.
///
/// It looks at brackets, quotation marks and escapes alone, and finds what a reader would find at the outermost level.
/// What is no JSON the reader refuses afterwards.
struct SecretMember {
    /// The digits of the longest secret: 4096 bytes.
    static let digitsMax = SecretBase64.encodedCount(4_096)

    private let bytes: [UInt8]
    private var offset = 0

    /// Nil where there is none, or an empty one.
    ///
    /// - Throws: `SerializationException` for escapes other than `\/` in it, or where it comes twice;
    ///   `ValidationException` where it is too long. It is blank in these cases, too.
    static func take(_ name: String, from bytes: inout [UInt8]) throws(KeyServiceRefusal) -> SharedSecret? {
        let ranges = values(of: Array(name.utf8), in: bytes)
        var refusal: KeyServiceRefusal?
        var secret: SharedSecret?
        if ranges.count > 1 { refusal = .serialization("The member \(name) comes twice.") }
        if ranges.count == 1, !ranges[0].isEmpty {
            do throws(KeyServiceRefusal) {
                secret = try Self.secret(ranges[0], of: bytes, name)
            } catch {
                refusal = error
            }
        }
        for range in ranges { for index in range { bytes[index] = UInt8(ascii: " ") } }
        if let refusal { throw refusal }
        return secret
    }

    // MARK: -

    private static func secret(
        _ range: Range<Int>, of bytes: [UInt8], _ name: String
    ) throws(KeyServiceRefusal) -> SharedSecret {
        // JSON lets a slash, which is a digit, be escaped.
        let escapeCount = range.count { bytes[$0] == UInt8(ascii: "\\") }
        let isEscapedWell = range.allSatisfy { index in
            bytes[index] != UInt8(ascii: "\\")
                || (index + 1 < range.upperBound && bytes[index + 1] == UInt8(ascii: "/"))
        }
        guard isEscapedWell else { throw .serialization("The member \(name) is no base64.") }
        let count = range.count - escapeCount
        guard count <= digitsMax else {
            throw .validation(
                "1 validation error detected: Value at '\(name.lowercased())' failed to satisfy constraint: Member must "
                    + "have length less than or equal to 4096")
        }
        do throws(SecretMemoryError) {
            return SharedSecret(
                try SecretBytes(count: count) { (room: inout MutableRawSpan) in
                    var filled = 0
                    for index in range where bytes[index] != UInt8(ascii: "\\") {
                        room.storeBytes(of: bytes[index], toByteOffset: filled, as: UInt8.self)
                        filled += 1
                    }
                })
        } catch {
            throw .internalFailure(error)
        }
    }

    /// Where the values stand that are texts, without their quotation marks.
    private static func values(of name: [UInt8], in bytes: [UInt8]) -> [Range<Int>] {
        var scanner = SecretMember(bytes: bytes)
        var found: [Range<Int>] = []
        var depth = 0
        while let byte = scanner.next() {
            switch byte {
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
            case UInt8(ascii: "\""):
                let text = scanner.text()
                guard depth == 1, bytes[text].elementsEqual(name), scanner.skips(":"), scanner.skips("\"") else {
                    continue
                }
                found.append(scanner.text())
            default: continue
            }
        }
        return found
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    private mutating func next() -> UInt8? {
        guard offset < bytes.count else { return nil }
        defer { offset += 1 }
        return bytes[offset]
    }

    /// The rest of a text whose quotation mark was read; a text without an end goes to the end.
    private mutating func text() -> Range<Int> {
        let start = offset
        while let byte = next() {
            if byte == UInt8(ascii: "\"") { return start..<offset - 1 }
            if byte == UInt8(ascii: "\\") { _ = next() }
        }
        return start..<bytes.count
    }

    /// Whether that comes next, behind blanks; where it does, it is behind us.
    private mutating func skips(_ character: Unicode.Scalar) -> Bool {
        while offset < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[offset]) { offset += 1 }
        guard offset < bytes.count, bytes[offset] == UInt8(ascii: character) else { return false }
        offset += 1
        return true
    }
}
