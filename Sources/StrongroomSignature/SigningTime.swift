/// A moment as signatures write it: `20150830T123600Z`.
package struct SigningTime: Sendable, Hashable {
    /// Date and time in UTC, to the second.
    package let text: String

    /// The date alone: `20150830`.
    package var date: String { String(text.prefix(8)) }

    init(unchecked text: String) { self.text = text }

    /// Milliseconds since 1970-01-01T00:00:00Z. The calendar is proleptic Gregorian, years 0 to 9999.
    package init(wallMilliseconds: Int64) {
        let day = Self.quotient(wallMilliseconds, 86_400_000)
        let second = Int(wallMilliseconds - day * 86_400_000) / 1000
        let (year, month, dayOfMonth) = Self.date(day: Int(day))
        var bytes: [UInt8] = []
        bytes.reserveCapacity(16)
        Self.append(year, 4, to: &bytes)
        Self.append(month, 2, to: &bytes)
        Self.append(dayOfMonth, 2, to: &bytes)
        bytes.append(UInt8(ascii: "T"))
        Self.append(second / 3600, 2, to: &bytes)
        Self.append(second / 60 % 60, 2, to: &bytes)
        Self.append(second % 60, 2, to: &bytes)
        bytes.append(UInt8(ascii: "Z"))
        text = String(decoding: bytes, as: UTF8.self)
    }

    /// Rounded down, before 1970 too.
    static func quotient(_ dividend: Int64, _ divisor: Int64) -> Int64 {
        dividend >= 0 ? dividend / divisor : (dividend - divisor + 1) / divisor
    }

    /// The date of a day since 1970-01-01. Years are counted from March here, so that the leap day is a year's last;
    /// 400 years have 146,097 days, and 719,468 lie between 0000-03-01 and 1970-01-01.
    private static func date(day: Int) -> (year: Int, month: Int, day: Int) {
        let shifted = day + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = (5 * dayOfYear + 2) / 153
        let month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
        return (
            yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * marchMonth + 2) / 5 + 1
        )
    }

    private static func append(_ value: Int, _ count: Int, to bytes: inout [UInt8]) {
        let digits = String(value).utf8
        bytes.append(contentsOf: repeatElement(UInt8(ascii: "0"), count: max(count - digits.count, 0)))
        bytes.append(contentsOf: digits)
    }
}
