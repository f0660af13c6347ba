/// A range of addresses in CIDR notation; an address alone is a range of one.
struct AddressRange: Sendable {
    private let family: InternetAddress.Family
    private let prefix: UInt128
    /// The bits behind the prefix.
    private let freeBits: Int

    /// Nil where the text is no range, or has bits behind its prefix: of "192.0.2.7/24" nobody knows which of the two
    /// was meant.
    init?(_ text: [UInt8]) {
        let parts = text.split(separator: UInt8(ascii: "/"), maxSplits: 1, omittingEmptySubsequences: false)
        guard let address = InternetAddress(written: parts[0]) else { return nil }
        var prefixBits = address.family.bitCount
        if parts.count == 2 {
            let digits = parts[1]
            guard (1...3).contains(digits.count), digits.allSatisfy(\.isASCIIDigit),
                digits.count == 1 || digits.first != UInt8(ascii: "0"),
                let number = digits.asciiText.flatMap({ Int($0) }),
                number <= prefixBits
            else { return nil }
            prefixBits = number
        }
        let freeBits = address.family.bitCount - prefixBits
        guard (address.bits >> freeBits) << freeBits == address.bits else { return nil }
        self.freeBits = freeBits
        if address.isMapped, prefixBits >= InternetAddress.mappedPrefixBits {
            (family, prefix) = (.version4, (address.bits & 0xFFFF_FFFF) >> freeBits)
        } else {
            (family, prefix) = (address.family, address.bits >> freeBits)
        }
    }

    var isVersionFour: Bool { family == .version4 }

    /// How many bits all of its addresses have in common.
    var prefixBits: Int { family.bitCount - freeBits }

    func contains(_ address: InternetAddress) -> Bool {
        address.family == family && address.bits >> freeBits == prefix
    }
}
