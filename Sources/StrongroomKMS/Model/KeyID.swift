internal import StrongroomKeys

/// A key's id: 122 random bits, written as a UUID of version 4 (RFC 9562) in lower case.
struct KeyID: Hashable, Sendable, Comparable, CustomStringConvertible {
    static let sizeBytes = 16
    /// Digits of each group between the hyphens.
    private static let groups = [8, 4, 4, 4, 12]

    private let high: UInt64
    private let low: UInt64

    /// The id that a document holds.
    init(bytes: [UInt8]) {
        assert(bytes.count == Self.sizeBytes)
        high = bytes[..<8].reduce(0) { $0 << 8 | UInt64($1) }
        low = bytes[8...].reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// A new id from random bytes, in which version and variant are set.
    init(random bytes: [UInt8]) {
        var bytes = bytes
        bytes[6] = bytes[6] & 0x0F | 0x40
        bytes[8] = bytes[8] & 0x3F | 0x80
        self.init(bytes: bytes)
    }

    /// Nil for anything but the one spelling of an id.
    init?(_ text: some StringProtocol) {
        guard let bytes = Hexadecimal.decode(String(text.filter { $0 != "-" })), bytes.count == Self.sizeBytes else {
            return nil
        }
        self.init(bytes: bytes)
        guard description.utf8.elementsEqual(text.utf8) else { return nil }
    }

    var bytes: [UInt8] {
        [high, low].flatMap { word in (0..<8).reversed().map { UInt8(truncatingIfNeeded: word >> ($0 * 8)) } }
    }

    var description: String {
        var digits = Substring(Hexadecimal.encode(bytes))
        return Self.groups.map { count in
            defer { digits = digits.dropFirst(count) }
            return digits.prefix(count)
        }.joined(separator: "-")
    }

    static func < (left: KeyID, right: KeyID) -> Bool { (left.high, left.low) < (right.high, right.low) }
}
