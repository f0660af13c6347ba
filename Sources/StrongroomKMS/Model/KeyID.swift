internal import StrongroomKeys

/// A key's id: 122 random bits, written as a UUID of version 4 (RFC 9562) in lower case. That of a multi-Region key is
/// of version 8, and written as KMS does: `mrk-` and its 32 digits.
struct KeyID: Hashable, Sendable, Comparable, CustomStringConvertible {
    static let sizeBytes = 16
    /// Digits of each group between the hyphens.
    private static let groups = [8, 4, 4, 4, 12]

    private static let multiRegionPrefix = "mrk-"

    private let high: UInt64
    private let low: UInt64

    /// The id that a document holds.
    init(bytes: [UInt8]) {
        assert(bytes.count == Self.sizeBytes)
        high = bytes[..<8].reduce(0) { $0 << 8 | UInt64($1) }
        low = bytes[8...].reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// A new id from random bytes, in which version and variant are set.
    init(random bytes: [UInt8], isMultiRegion: Bool = false) {
        var bytes = bytes
        bytes[6] = bytes[6] & 0x0F | (isMultiRegion ? 0x80 : 0x40)
        bytes[8] = bytes[8] & 0x3F | 0x80
        self.init(bytes: bytes)
    }

    /// Nil for anything but the one spelling of an id.
    init?(_ text: some StringProtocol) {
        let digits =
            text.hasPrefix(Self.multiRegionPrefix) ? String(text.dropFirst(4)) : String(text.filter { $0 != "-" })
        guard let bytes = Hexadecimal.decode(digits), bytes.count == Self.sizeBytes else { return nil }
        self.init(bytes: bytes)
        guard description.utf8.elementsEqual(text.utf8) else { return nil }
    }

    var bytes: [UInt8] {
        [high, low].flatMap { word in (0..<8).reversed().map { UInt8(truncatingIfNeeded: word >> ($0 * 8)) } }
    }

    /// Whether there may be keys of the same id in other regions.
    var isMultiRegion: Bool { high >> 12 & 0xF == 8 }

    var description: String {
        if isMultiRegion { return Self.multiRegionPrefix + Hexadecimal.encode(bytes) }
        var digits = Substring(Hexadecimal.encode(bytes))
        return Self.groups.map { count in
            defer { digits = digits.dropFirst(count) }
            return digits.prefix(count)
        }.joined(separator: "-")
    }

    static func < (left: KeyID, right: KeyID) -> Bool { (left.high, left.low) < (right.high, right.low) }
}
