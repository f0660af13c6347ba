extension SigningTime {
    private static let weekdays = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// As the header `Date` has it (RFC 9110, section 5.6.7): `Sun, 30 Aug 2015 12:36:00 GMT`.
    package var httpDate: String {
        let digits = Array(text.utf8)
        func part(_ range: Range<Int>) -> String { String(decoding: digits[range], as: UTF8.self) }
        let day = Int(Self.quotient(wallMilliseconds, 86_400_000))
        // Day 0 was a Thursday.
        let weekday = Self.weekdays[(day % 7 + 7) % 7]
        let month = Self.months[Int(part(4..<6))! - 1]
        return "\(weekday), \(part(6..<8)) \(month) \(part(0..<4)) "
            + "\(part(9..<11)):\(part(11..<13)):\(part(13..<15)) GMT"
    }

    /// Reads what ``httpDate`` has, the one form of RFC 1123 that senders may write; nil for all else, wrong days of
    /// the week among it.
    package init?(httpDate: String) {
        let words = httpDate.split(separator: " ", omittingEmptySubsequences: false)
        guard words.count == 6, let month = Self.months.firstIndex(where: { $0 == words[2] }) else { return nil }
        let number = month < 9 ? "0\(month + 1)" : "\(month + 1)"
        let clock = words[4].filter { $0 != ":" }
        guard let time = SigningTime("\(words[3])\(number)\(words[1])T\(clock)Z"), time.httpDate == httpDate else {
            return nil
        }
        self = time
    }
}
