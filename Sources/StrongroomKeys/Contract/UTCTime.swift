internal import Glibc

/// Times as people read them.
package enum UTCTime {
    /// Such as `2026-11-27T09:30:00Z` (RFC 3339); the milliseconds themselves for a time that no calendar has.
    package static func text(milliseconds: Int64) -> String {
        var seconds = time_t(milliseconds / 1000)
        // Safe: a structure of numbers, and a pointer that gmtime_r sets to a constant.
        var fields = unsafe tm()
        var text = [CChar](repeating: 0, count: 32)
        // Safe: all three are ours, outlive the calls, and have the sizes named.
        let count =
            unsafe gmtime_r(&seconds, &fields) == nil
            ? 0 : unsafe strftime(&text, text.count, "%Y-%m-%dT%H:%M:%SZ", &fields)
        return count > 0
            ? String(decoding: text.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
            : "\(milliseconds) ms since 1970"
    }
}
