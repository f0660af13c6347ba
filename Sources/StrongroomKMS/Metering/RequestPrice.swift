/// What 10,000 requests cost, in whatever currency: a number with at most six decimals, kept exactly.
public struct RequestPrice: Sendable, Hashable, CustomStringConvertible {
    static let wholeMax = 1_000_000
    private static let decimals = 6
    private static let requestCount: Int128 = 10_000

    private let millionths: Int

    private init(millionths: Int) { self.millionths = millionths }

    /// Nothing.
    public static let zero = RequestPrice(millionths: 0)

    /// Reads a decimal number such as "0.03", from 0 to 1,000,000. Nil for anything else.
    public init?(_ text: String) {
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        let fraction = parts.count == 2 ? parts[1] : "0"
        guard Self.areDigits(parts[0], 1...7), Self.areDigits(fraction, 1...Self.decimals),
            let whole = Int(parts[0]),
            let rest = Int(fraction + String(repeating: "0", count: Self.decimals - fraction.utf8.count)),
            whole < Self.wholeMax || (whole == Self.wholeMax && rest == 0)
        else { return nil }
        self.init(millionths: whole * 1_000_000 + rest)
    }

    /// The number, such as "0.030000".
    public var description: String { Self.text(Int128(millionths)) }

    /// What so many requests cost, such as "1.230000"; what is less than a millionth is left out.
    public func cost(ofRequests count: Int) -> String {
        Self.text(Int128(millionths) * Int128(count) / Self.requestCount)
    }

    private static func text(_ millionths: Int128) -> String {
        let rest = String(millionths % 1_000_000)
        return "\(millionths / 1_000_000).\(String(repeating: "0", count: decimals - rest.utf8.count))\(rest)"
    }

    private static func areDigits(_ text: Substring, _ counts: ClosedRange<Int>) -> Bool {
        counts.contains(text.utf8.count) && text.utf8.allSatisfy { (0x30...0x39).contains($0) }
    }
}
