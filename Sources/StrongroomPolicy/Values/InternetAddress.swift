/// An address of IPv4 or IPv6. An IPv4 address that is written as an IPv6 one (`::ffff:192.0.2.1`) is the IPv4 address:
/// a socket for both reports it so, and no range must be left by that.
struct InternetAddress: Sendable, Equatable {
    enum Family: Int {
        case version4 = 32
        case version6 = 128

        var bitCount: Int { rawValue }
    }

    /// The first 96 bits of an IPv4 address that is written as an IPv6 one.
    static let mappedPrefix: UInt128 = 0xFFFF
    static let mappedPrefixBits = 96

    let family: Family
    let bits: UInt128

    /// Nil where the text is no address. Zones, leading zeros and short forms of IPv4 are refused.
    init?(_ text: [UInt8]) {
        guard let written = Self(written: text[...]) else { return nil }
        self = written.isMapped ? Self(family: .version4, bits: written.bits & 0xFFFF_FFFF) : written
    }

    /// The address as it is written, with its family.
    init?(written text: ArraySlice<UInt8>) {
        if let bits = Self.version4(text) {
            self.init(family: .version4, bits: bits)
        } else if let bits = Self.version6(text) {
            self.init(family: .version6, bits: bits)
        } else {
            return nil
        }
    }

    init(family: Family, bits: UInt128) { (self.family, self.bits) = (family, bits) }

    var isMapped: Bool { family == .version6 && bits >> 32 == Self.mappedPrefix }

    private static func version4(_ text: ArraySlice<UInt8>) -> UInt128? {
        let parts = text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var bits: UInt128 = 0
        for part in parts {
            // With a leading zero, some readers take a number for octal.
            guard (1...3).contains(part.count), part.allSatisfy(\.isASCIIDigit),
                part.count == 1 || part.first != UInt8(ascii: "0"), let value = part.asciiText.flatMap({ UInt8($0) })
            else { return nil }
            bits = bits << 8 | UInt128(value)
        }
        return bits
    }

    private static func version6(_ text: ArraySlice<UInt8>) -> UInt128? {
        let colon = UInt8(ascii: ":")
        let gap = text.indices.first { text[$0...].starts(with: [colon, colon]) }
        guard let gap else {
            guard let groups = groups(text), groups.count == 8 else { return nil }
            return joined(groups)
        }
        let (before, after) = (text[..<gap], text[(gap + 2)...])
        guard let head = before.isEmpty ? [] : groups(before), let tail = after.isEmpty ? [] : groups(after),
            head.count + tail.count < 8, !before.contains(UInt8(ascii: "."))
        else { return nil }
        return joined(head + Array(repeating: 0, count: 8 - head.count - tail.count) + tail)
    }

    private static func joined(_ groups: [UInt16]) -> UInt128 { groups.reduce(0) { $0 << 16 | UInt128($1) } }

    /// Groups of four hexadecimal digits at most; the last may be an IPv4 address, which makes two.
    private static func groups(_ text: ArraySlice<UInt8>) -> [UInt16]? {
        var groups: [UInt16] = []
        let parts = text.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        for (index, part) in parts.enumerated() {
            if index == parts.count - 1, let bits = version4(part) {
                groups += [UInt16(truncatingIfNeeded: bits >> 16), UInt16(truncatingIfNeeded: bits)]
                continue
            }
            guard (1...4).contains(part.count),
                part.allSatisfy({ $0.isASCIIDigit || (0x61...0x66).contains($0.asciiLowercase) }),
                let value = part.asciiText.flatMap({ UInt16($0, radix: 16) })
            else { return nil }
            groups.append(value)
        }
        return groups
    }
}
