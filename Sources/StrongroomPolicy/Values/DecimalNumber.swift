/// A decimal number of any length, compared exactly: two that differ in their twentieth digit differ.
struct DecimalNumber: Sendable, Comparable {
    private static let exponentDigitsMax = 4

    private let isNegative: Bool
    /// Its significant digits; neither the first nor the last is 0. Zero has none.
    private let digits: [UInt8]
    /// Where the point stands: the number is 0.digits times ten to this power.
    private let point: Int

    /// Nil where the text is no number, such as "12", "-0.5" or "1e3".
    init?(_ text: [UInt8]) {
        var rest = text[...]
        func takeDigits() -> ArraySlice<UInt8> {
            let digits = rest.prefix(while: \.isASCIIDigit)
            rest = rest.dropFirst(digits.count)
            return digits
        }
        let isNegative = rest.first == UInt8(ascii: "-")
        if isNegative { rest = rest.dropFirst() }
        let integer = takeDigits()
        var fraction: ArraySlice<UInt8> = []
        if rest.first == UInt8(ascii: ".") {
            rest = rest.dropFirst()
            fraction = takeDigits()
            if fraction.isEmpty { return nil }
        }
        var exponent = 0
        if rest.first?.asciiLowercase == UInt8(ascii: "e") {
            rest = rest.dropFirst()
            let sign = rest.first == UInt8(ascii: "-") ? -1 : 1
            if rest.first == UInt8(ascii: "-") || rest.first == UInt8(ascii: "+") { rest = rest.dropFirst() }
            let digits = takeDigits()
            guard (1...Self.exponentDigitsMax).contains(digits.count), let value = digits.asciiText.flatMap({ Int($0) })
            else { return nil }
            exponent = sign * value
        }
        guard !integer.isEmpty, rest.isEmpty else { return nil }
        let all = integer + fraction
        let zero = UInt8(ascii: "0")
        let significant = all.drop { $0 == zero }
        let end = significant.lastIndex { $0 != zero }.map { $0 + 1 } ?? significant.startIndex
        digits = Array(significant[significant.startIndex..<end])
        point = digits.isEmpty ? 0 : integer.count - (all.count - significant.count) + exponent
        self.isNegative = isNegative && !digits.isEmpty
    }

    static func < (left: DecimalNumber, right: DecimalNumber) -> Bool {
        if left.isNegative != right.isNegative { return left.isNegative }
        return left.isNegative ? right.isCloserToZero(than: left) : left.isCloserToZero(than: right)
    }

    private func isCloserToZero(than other: DecimalNumber) -> Bool {
        if digits.isEmpty || other.digits.isEmpty { return digits.isEmpty && !other.digits.isEmpty }
        return point == other.point ? digits.lexicographicallyPrecedes(other.digits) : point < other.point
    }
}
