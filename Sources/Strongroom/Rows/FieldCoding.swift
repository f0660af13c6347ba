/// The canonical encoding of rows and of everything that a MAC covers: a list of fields in strictly
/// ascending order of their tags, each with its length, so that no two different lists have the same
/// bytes and a value can never be read as another field.
///
///     field   tag u16 | length u32 | value            (little-endian)
struct FieldWriter {
    private(set) var bytes: [UInt8]
    private var lastTag: UInt16?

    init(reservingBytes: Int = 0) {
        bytes = []
        bytes.reserveCapacity(reservingBytes)
    }

    mutating func put(_ tag: UInt16, _ value: some Collection<UInt8>) {
        begin(tag, sizeBytes: value.count)
        bytes.append(contentsOf: value)
    }

    /// A field whose value of `sizeBytes` bytes comes next, and may stand elsewhere.
    mutating func begin(_ tag: UInt16, sizeBytes: Int) {
        precondition(lastTag.map { $0 < tag } ?? true, "fields are written in ascending order of their tags")
        lastTag = tag
        appendInteger(tag)
        appendInteger(UInt32(sizeBytes))
    }

    mutating func put(_ tag: UInt16, text: String) { put(tag, text.utf8) }

    mutating func put(_ tag: UInt16, integer: some FixedWidthInteger) {
        begin(tag, sizeBytes: integer.bitWidth / 8)
        appendInteger(integer)
    }

    private mutating func appendInteger(_ value: some FixedWidthInteger) {
        // Safe: the integer's own bytes.
        unsafe Swift.withUnsafeBytes(of: value.littleEndian) { unsafe bytes.append(contentsOf: $0) }
    }
}

/// Reads what `FieldWriter` wrote; total over hostile bytes.
///
/// A reader takes fields in the order of their tags and finally calls `finish`, which refuses fields
/// that it does not know: a row of a newer version is never half understood.
struct FieldReader {
    /// The bytes are not a canonical list of fields, or lack one that is needed.
    struct Malformed: Error { var reason: String }

    private var rest: ArraySlice<UInt8>
    private var lastTag: UInt16?

    init(_ bytes: ArraySlice<UInt8>) { rest = bytes }
    init(_ bytes: [UInt8]) { rest = bytes[...] }

    /// The value of `tag`, or nil where the next field has a greater tag.
    mutating func optional(_ tag: UInt16) throws(Malformed) -> ArraySlice<UInt8>? {
        guard !rest.isEmpty else { return nil }
        let next = rest
        guard let nextTag = takeInteger(UInt16.self), let count = takeInteger(UInt32.self), rest.count >= Int(count)
        else {
            throw Malformed(reason: "a field is cut off")
        }
        if let lastTag, nextTag <= lastTag { throw Malformed(reason: "fields are out of order") }
        guard nextTag <= tag else {
            rest = next
            return nil
        }
        guard nextTag == tag else { throw Malformed(reason: "unknown field \(nextTag)") }
        lastTag = nextTag
        let value = rest.prefix(Int(count))
        rest = rest.dropFirst(Int(count))
        return value
    }

    mutating func required(_ tag: UInt16) throws(Malformed) -> ArraySlice<UInt8> {
        guard let value = try optional(tag) else { throw Malformed(reason: "field \(tag) is missing") }
        return value
    }

    mutating func required(_ tag: UInt16, count: Int) throws(Malformed) -> [UInt8] {
        let value = try required(tag)
        guard value.count == count else {
            throw Malformed(reason: "field \(tag) has \(value.count) bytes, not \(count)")
        }
        return Array(value)
    }

    mutating func integer<Integer: FixedWidthInteger>(
        _ tag: UInt16, as type: Integer.Type = Integer.self
    ) throws(Malformed) -> Integer {
        let value = try required(tag)
        guard value.count == Integer.bitWidth / 8 else { throw Malformed(reason: "field \(tag) is no \(Integer.self)") }
        return Self.decode(value)
    }

    mutating func optionalInteger<Integer: FixedWidthInteger>(
        _ tag: UInt16, as type: Integer.Type = Integer.self
    ) throws(Malformed) -> Integer? {
        guard let value = try optional(tag) else { return nil }
        guard value.count == Integer.bitWidth / 8 else { throw Malformed(reason: "field \(tag) is no \(Integer.self)") }
        return Self.decode(value)
    }

    mutating func optionalBytes(_ tag: UInt16, count: Int) throws(Malformed) -> [UInt8]? {
        guard let value = try optional(tag) else { return nil }
        guard value.count == count else {
            throw Malformed(reason: "field \(tag) has \(value.count) bytes, not \(count)")
        }
        return Array(value)
    }

    /// False where the field is absent; it has no other value than 1.
    mutating func flag(_ tag: UInt16) throws(Malformed) -> Bool {
        guard let value = try optional(tag) else { return false }
        guard value.elementsEqual(CollectionOfOne(1)) else { throw Malformed(reason: "field \(tag) is no flag") }
        return true
    }

    mutating func optionalText(_ tag: UInt16) throws(Malformed) -> String? {
        guard let value = try optional(tag) else { return nil }
        guard let text = String(validating: value, as: UTF8.self) else {
            throw Malformed(reason: "field \(tag) is not UTF-8")
        }
        return text
    }

    mutating func text(_ tag: UInt16) throws(Malformed) -> String {
        guard let text = String(validating: try required(tag), as: UTF8.self) else {
            throw Malformed(reason: "field \(tag) is not UTF-8")
        }
        return text
    }

    /// Nothing may be left over.
    func finish() throws(Malformed) {
        guard rest.isEmpty else { throw Malformed(reason: "\(rest.count) bytes are left over") }
    }

    private mutating func takeInteger<Integer: FixedWidthInteger>(_: Integer.Type) -> Integer? {
        let count = Integer.bitWidth / 8
        guard rest.count >= count else { return nil }
        let value: Integer = Self.decode(rest.prefix(count))
        rest = rest.dropFirst(count)
        return value
    }

    private static func decode<Integer: FixedWidthInteger>(_ bytes: ArraySlice<UInt8>) -> Integer {
        var value: Integer = 0
        for byte in bytes.reversed() { value = value << 8 | Integer(truncatingIfNeeded: byte) }
        return value
    }
}
