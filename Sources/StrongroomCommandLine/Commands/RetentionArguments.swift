#if CommandLineTool
internal import ArgumentParser
internal import FoundationEssentials
internal import Strongroom

/// A mode of retention, in S3's words.
enum RetentionModeArgument: String, ExpressibleByArgument, CaseIterable {
    case governance = "GOVERNANCE"
    case compliance = "COMPLIANCE"

    init(_ mode: Retention.Mode) {
        self =
            switch mode {
            case .governance: .governance
            case .compliance: .compliance
            }
    }

    /// Also in lower case: the words are no other ones.
    init?(argument: String) { self.init(rawValue: argument.uppercased()) }

    var asMode: Retention.Mode {
        switch self {
        case .governance: .governance
        case .compliance: .compliance
        }
    }
}

/// A moment in ISO 8601 with its zone, such as `2030-01-01T00:00:00Z`; with a fraction of a second or without.
struct MomentArgument: ExpressibleByArgument, Equatable {
    var date: Date

    init(_ date: Date) { self.date = date }

    init?(argument: String) {
        let styles = [Date.ISO8601FormatStyle(), Date.ISO8601FormatStyle(includingFractionalSeconds: true)]
        guard let date = styles.lazy.compactMap({ try? $0.parse(argument) }).first else { return nil }
        self.date = date
    }

    /// What reads back as the same millisecond: a retention given back a moment shorter would be refused. The format
    /// style cuts fractions off where it should round them.
    var text: String {
        guard let milliseconds = Int64(exactly: (date.timeIntervalSince1970 * 1_000).rounded()) else {
            return date.formatted(.iso8601)
        }
        let (seconds, fraction) = milliseconds.quotientAndRemainder(dividingBy: 1_000)
        guard fraction > 0 else { return date.formatted(.iso8601) }
        let whole = Date(timeIntervalSince1970: TimeInterval(seconds)).formatted(.iso8601)
        let digits = String(fraction)
        return whole.dropLast() + "." + String(repeating: "0", count: 3 - digits.count) + digits + "Z"
    }
}
#endif
