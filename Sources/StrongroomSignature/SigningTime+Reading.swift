extension SigningTime {
    /// Milliseconds since 1970-01-01T00:00:00Z.
    package var wallMilliseconds: Int64 {
        let digits = Array(text.utf8)
        func number(_ range: Range<Int>) -> Int { digits[range].reduce(0) { $0 * 10 + Int($1) - 48 } }
        let day = Self.day(year: number(0..<4), month: number(4..<6), day: number(6..<8))
        let second = number(9..<11) * 3600 + number(11..<13) * 60 + number(13..<15)
        return (Int64(day) * 86_400 + Int64(second)) * 1_000
    }

    /// Reads what ``text`` has; nil for all else, dates that there are not among it.
    package init?(_ text: String) {
        let digits = Array(text.utf8)
        guard digits.count == 16, digits[8] == UInt8(ascii: "T"), digits[15] == UInt8(ascii: "Z") else { return nil }
        for (index, digit) in digits.enumerated() where index != 8 && index != 15 {
            guard (0x30...0x39).contains(digit) else { return nil }
        }
        self.init(unchecked: text)
        // A thirteenth month, or a second of leap, becomes another moment on the way there and back.
        guard SigningTime(wallMilliseconds: wallMilliseconds).text == text else { return nil }
    }

    /// Days since 1970-01-01; see `date(day:)`.
    private static func day(year: Int, month: Int, day: Int) -> Int {
        let marchYear = month <= 2 ? year - 1 : year
        let era = (marchYear >= 0 ? marchYear : marchYear - 399) / 400
        let yearOfEra = marchYear - era * 400
        let marchMonth = month > 2 ? month - 3 : month + 9
        let dayOfYear = (153 * marchMonth + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }
}
