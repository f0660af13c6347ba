#if CommandLineTool && HTTPServer
internal import ArgumentParser
internal import Logging
internal import StrongroomS3

/// `ADDRESS:PORT`, an IPv6 address in brackets.
struct EndpointArgument: ExpressibleByArgument {
    var address: S3ServerOptions.Address

    init?(argument: String) {
        guard let colon = argument.lastIndex(of: ":"), let port = Int(argument[argument.index(after: colon)...]),
            (0...65_535).contains(port)
        else { return nil }
        var host = argument[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
        guard !host.isEmpty else { return nil }
        address = S3ServerOptions.Address(host: String(host), port: port)
    }
}

/// `100` or `100/500`: so many a second, and so many at once.
struct RateArgument: ExpressibleByArgument {
    var rate: S3RequestRate

    init?(argument: String) {
        let parts = argument.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let perSecond = Self.number(parts[0]) else { return nil }
        guard parts.count == 2 else {
            rate = S3RequestRate(perSecond: perSecond)
            return
        }
        guard let burst = Self.number(parts[1]) else { return nil }
        rate = S3RequestRate(perSecond: perSecond, burst: burst)
    }

    private static func number(_ text: Substring) -> Int? {
        guard let number = Int(text), (1...1_000_000).contains(number) else { return nil }
        return number
    }
}

/// `daily`, `never`, or a number of seconds.
struct LifecycleRunsArgument: ExpressibleByArgument {
    /// To a year.
    private static let seconds = 1...31_536_000

    var runs: LifecycleRuns

    init?(argument: String) {
        switch argument {
        case "daily": runs = .daily
        case "never": runs = .never
        default:
            guard let seconds = Int(argument), Self.seconds.contains(seconds) else { return nil }
            runs = .every(seconds: seconds)
        }
    }
}

enum TLSVersionArgument: String, ExpressibleByArgument, CaseIterable {
    case tls12 = "1.2"
    case tls13 = "1.3"
}

enum ControlSocketArgument: String, ExpressibleByArgument, CaseIterable {
    case on, off
}

enum LogLevelArgument: String, ExpressibleByArgument, CaseIterable {
    case info, warning, error

    var level: Logger.Level {
        switch self {
        case .info: .info
        case .warning: .warning
        case .error: .error
        }
    }
}
#endif
