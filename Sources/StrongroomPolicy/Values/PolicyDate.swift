/// A point in time: a date of ISO 8601 in the W3C's profile, or seconds since 1970.
struct PolicyDate: Sendable, Comparable {
    private static let epochDigitsMax = 12
    private static let yearDigits = 4
    private static let fractionDigitsMax = 9

    private let seconds: Int64
    private let nanoseconds: Int32

    /// Nil where the text is none: "2026-11-27", "2026-11-27T14:30Z", "2026-11-27T14:30:05.25+01:00", "1795791005".
    /// Four digits are none either: they are a year to one reader and seconds to another.
    init?(_ text: [UInt8]) {
        var reader = DigitReader(rest: text[...])
        if let seconds = Self.epochSeconds(text) {
            (self.seconds, nanoseconds) = (seconds, 0)
            return
        }
        guard let year = reader.number(digits: Self.yearDigits), year > 0, reader.take("-"),
            let month = reader.number(digits: 2), (1...12).contains(month)
        else { return nil }
        var day = 1
        var time = (seconds: 0, nanoseconds: 0)
        if reader.take("-") {
            guard let number = reader.number(digits: 2), (1...Self.days(in: month, year)).contains(number)
            else { return nil }
            day = number
            if reader.take("T") {
                guard let read = Self.time(&reader) else { return nil }
                time = read
            }
        }
        guard reader.rest.isEmpty else { return nil }
        seconds = Int64(Self.daysSince1970(year, month, day) * 86_400 + time.seconds)
        nanoseconds = Int32(time.nanoseconds)
    }

    static func < (left: PolicyDate, right: PolicyDate) -> Bool {
        (left.seconds, left.nanoseconds) < (right.seconds, right.nanoseconds)
    }

    private static func epochSeconds(_ text: [UInt8]) -> Int64? {
        let digits = text.drop { $0 == UInt8(ascii: "-") }
        guard text.count - digits.count <= 1, (1...epochDigitsMax).contains(digits.count),
            digits.allSatisfy(\.isASCIIDigit), digits.count != yearDigits
        else { return nil }
        return text.asciiText.flatMap { Int64($0) }
    }

    /// Seconds of the day in UTC, which may be less than 0 or more than a day: the zone moves them.
    private static func time(_ reader: inout DigitReader) -> (seconds: Int, nanoseconds: Int)? {
        guard let hour = reader.number(digits: 2), hour < 24, reader.take(":"),
            let minute = reader.number(digits: 2), minute < 60
        else { return nil }
        var (second, nanoseconds) = (0, 0)
        if reader.take(":") {
            guard let number = reader.number(digits: 2), number < 60 else { return nil }
            second = number
            if reader.take(".") {
                let digits = reader.rest.prefix(while: \.isASCIIDigit).count
                guard (1...fractionDigitsMax).contains(digits), let fraction = reader.number(digits: digits)
                else { return nil }
                nanoseconds = (digits..<fractionDigitsMax).reduce(fraction) { value, _ in value * 10 }
            }
        }
        var zone = 0
        if !reader.take("Z") {
            let isEast = reader.take("+")
            guard isEast || reader.take("-"), let hours = reader.number(digits: 2), hours < 24, reader.take(":"),
                let minutes = reader.number(digits: 2), minutes < 60
            else { return nil }
            zone = (isEast ? 1 : -1) * (hours * 3_600 + minutes * 60)
        }
        return (hour * 3_600 + minute * 60 + second - zone, nanoseconds)
    }

    private static func days(in month: Int, _ year: Int) -> Int {
        let isLeap = year.isMultiple(of: 4) && !year.isMultiple(of: 100) || year.isMultiple(of: 400)
        return [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]
    }

    /// In the Gregorian calendar, also before there was one.
    private static func daysSince1970(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let before = year - 1
        let wholeYears = before * 365 + before / 4 - before / 100 + before / 400
        return wholeYears - 719_162 + (1..<month).reduce(0) { $0 + days(in: $1, year) } + day - 1
    }
}

/// Takes numbers of a fixed width from the front of a text.
struct DigitReader {
    var rest: ArraySlice<UInt8>

    mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard rest.first == UInt8(ascii: scalar) else { return false }
        rest = rest.dropFirst()
        return true
    }

    mutating func number(digits count: Int) -> Int? {
        let digits = rest.prefix(count)
        guard digits.count == count, digits.allSatisfy(\.isASCIIDigit), let text = digits.asciiText else { return nil }
        rest = rest.dropFirst(count)
        return Int(text)
    }
}
