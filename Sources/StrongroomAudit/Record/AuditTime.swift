/// Times as CloudTrail writes them: `2026-11-27T16:03:22Z`.
package enum AuditTime {
    /// The text of a time in milliseconds since 1970; the fraction of a second is left out.
    package static func text(milliseconds: Int64) -> String {
        // Beyond these years no clock is right, and the form has four digits for a year.
        let seconds = min(max(milliseconds.flooringQuotient(1000), -62_167_219_200), 253_402_300_799)
        let days = seconds.flooringQuotient(86_400)
        let time = seconds - days * 86_400
        let (year, month, day) = civilDate(daysSince1970: days)
        return digits(year, 4) + "-" + digits(month, 2) + "-" + digits(day, 2) + "T" + digits(time / 3600, 2) + ":"
            + digits(time / 60 % 60, 2) + ":" + digits(time % 60, 2) + "Z"
    }

    /// Gregorian year, month and day. Counted in eras of 400 years that begin in March, so that the leap day is the
    /// last of its year.
    private static func civilDate(daysSince1970: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let days = daysSince1970 + 719_468
        let era = days.flooringQuotient(146_097)
        let dayOfEra = days - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
    }

    private static func digits(_ number: Int64, _ count: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, count - text.count)) + text
    }
}

extension Int64 {
    fileprivate func flooringQuotient(_ divisor: Int64) -> Int64 {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? quotient - 1 : quotient
    }
}
