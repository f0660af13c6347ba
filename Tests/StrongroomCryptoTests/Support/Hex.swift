extension [UInt8] {
    /// Traps on anything but pairs of hexadecimal digits.
    init(hex: String) {
        let digits = Array<Character>(hex)
        precondition(digits.count.isMultiple(of: 2), "odd number of hexadecimal digits")
        self = stride(from: 0, to: digits.count, by: 2).map { UInt8(String(digits[$0...$0 + 1]), radix: 16)! }
    }

    var hex: String {
        map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
    }
}
