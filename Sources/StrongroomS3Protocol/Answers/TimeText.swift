internal import StrongroomSignature

#if canImport(FoundationEssentials)
internal import FoundationEssentials
#else
internal import Foundation
#endif

/// Moments as S3 writes them, in UTC.
enum TimeText {
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
        SigningTime(wallMilliseconds: Int64(date.timeIntervalSince1970.rounded(.down)) * 1_000).httpDate
    }

    /// A date of a header, in the form of ``header(_:)`` or in one of the two obsolete ones that readers must take, too
    /// (RFC 9110, section 5.6.7); nil for any other.
    static func date(header text: String) -> Date? {
        let time = SigningTime(httpDate: text) ?? preferred(text).lazy.compactMap(SigningTime.init(httpDate:)).first
        return time.map { Date(timeIntervalSince1970: Double($0.wallMilliseconds) / 1_000) }
    }

    /// `Monday, 12-Oct-09 17:50:30 GMT` and `Mon Oct 12 17:50:30 2009` in the form of ``header(_:)``. Two digits of a
    /// year are those of the century in which that day was such a day of the week.
    private static func preferred(_ text: String) -> [String] {
        let words = text.split(separator: " ")
        if words.count == 4, words[0].hasSuffix("day,"), words[3] == "GMT" {
            let date = words[1].split(separator: "-", omittingEmptySubsequences: false)
            guard date.count == 3, date[2].utf8.count == 2 else { return [] }
            return ["20", "19"].map { "\(words[0].prefix(3)), \(date[0]) \(date[1]) \($0)\(date[2]) \(words[2]) GMT" }
        }
        guard words.count == 5, words[0].utf8.count == 3 else { return [] }
        let day = words[2].utf8.count == 1 ? "0" + words[2] : String(words[2])
        return ["\(words[0]), \(day) \(words[1]) \(words[4]) \(words[3]) GMT"]
    }

    /// A date of a document: `2009-10-12T17:50:30Z`, with a fraction of a second or without.
    static func date(iso8601 text: String) -> Date? {
        if let date = try? Date(text, strategy: .iso8601) { return date }
        return try? Date(text, strategy: Date.ISO8601FormatStyle(includingFractionalSeconds: true))
    }

    private static func iso8601(milliseconds: Int64) -> String {
        let digits = Array(SigningTime(wallMilliseconds: milliseconds).text.utf8)
        func part(_ range: Range<Int>) -> String { String(decoding: digits[range], as: UTF8.self) }
        return "\(part(0..<4))-\(part(4..<6))-\(part(6..<8))T\(part(9..<11)):\(part(11..<13)):\(part(13..<15))Z"
    }
}
