/// The addresses that one client has: one of IPv4, and of IPv6 all that have the same first 64 bits, which is what a
/// provider gives to a line.
package struct AddressBlock: Sendable, Hashable {
    private static let clientBits = 64

    private let isVersion4: Bool
    private let bits: UInt128

    /// Nil where the text is no address.
    package init?(_ text: String) {
        // A zone (`fe80::1%eth0`) says which link, and no more than one client is meant by it.
        guard let address = InternetAddress(Array(text.prefix { $0 != "%" }.utf8)) else { return nil }
        isVersion4 = address.family == .version4
        bits = isVersion4 ? address.bits : address.bits >> Self.clientBits
    }
}
