internal import StrongroomSignature

#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif

/// Moments as S3 writes them, in UTC.
enum TimeText {
    private static let monthNames = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
    private static let dayNames = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]

    /// `2009-10-12T17:50:30.000Z`, to the millisecond, as documents have it.
    static func document(_ date: Date) -> String {
        let milliseconds = Int64((date.timeIntervalSince1970 * 1_000).rounded(.down))
        let rest = ((milliseconds % 1_000) + 1_000) % 1_000
        let fraction = String(rest)
        let zeros = String(repeating: "0", count: 3 - fraction.count)
        return iso8601(milliseconds: milliseconds).dropLast() + ".\(zeros)\(fraction)Z"
    }

    /// `2009-10-12T17:50:30Z`
    static func iso8601(seconds: Int64) -> String { iso8601(milliseconds: seconds * 1_000) }

    /// `Mon, 12 Oct 2009 17:50:30 GMT` (RFC 9110, section 5.6.7), to the second, as headers have it.
    static func header(_ date: Date) -> String {
        let seconds = Int64(date.timeIntervalSince1970.rounded(.down))
        let digits = Array(SigningTime(wallMilliseconds: seconds * 1_000).text)
        func part(_ range: Range<Int>) -> String { String(digits[range]) }
        let days = Int(seconds >= 0 ? seconds / 86_400 : (seconds - 86_399) / 86_400)
        let month = monthNames[(Int(part(4..<6)) ?? 1) - 1]
        return "\(dayNames[((days % 7) + 7) % 7]), \(part(6..<8)) \(month) \(part(0..<4)) "
            + "\(part(9..<11)):\(part(11..<13)):\(part(13..<15)) GMT"
    }

    /// A date of a header, in the form of ``header(_:)`` alone; nil for any other.
    static func date(header text: String) -> Date? {
        let words = text.split(separator: " ")
        guard words.count == 6, words[5] == "GMT", words[0].hasSuffix(","),
            let month = monthNames.firstIndex(of: String(words[2]))
        else { return nil }
        let clock = words[4].split(separator: ":", omittingEmptySubsequences: false)
        guard clock.count == 3 else { return nil }
        let digits = "\(words[3])-\(pad(month + 1))-\(words[1])T\(clock[0]):\(clock[1]):\(clock[2])Z"
        return date(iso8601: digits)
    }

    /// A date of a document: `2009-10-12T17:50:30Z`, with a fraction of a second or without.
    static func date(iso8601 text: String) -> Date? {
        if let date = try? Date(text, strategy: .iso8601) { return date }
        return try? Date(text, strategy: Date.ISO8601FormatStyle(includingFractionalSeconds: true))
    }

    private static func pad(_ number: Int) -> String { number < 10 ? "0\(number)" : String(number) }

    private static func iso8601(milliseconds: Int64) -> String {
        let digits = Array(SigningTime(wallMilliseconds: milliseconds).text)
        func part(_ range: Range<Int>) -> String { String(digits[range]) }
        return "\(part(0..<4))-\(part(4..<6))-\(part(6..<8))T\(part(9..<11)):\(part(11..<13)):\(part(13..<15))Z"
    }
}
