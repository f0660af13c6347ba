public import CoreMetrics
public import Logging

/// How requests of S3 are answered, whoever listens for them.
public struct S3ServiceOptions: Sendable {
    /// What clients must name in their signatures.
    public var region = "us-east-1"
    /// Twelve digits: the account of all users, as policies and ARNs name it.
    public var account = "000000000000"
    /// Names of the server whose subdomains are buckets (`bucket.name`). Requests to any other name have their bucket
    /// in the path.
    public var domains: [String] = []
    /// What one client may take of the server.
    public var limits = S3ServerLimits()
    /// Gets a line for each request, at the level `info`.
    public var logger = Logger(label: "strongroom.s3")

    /// Where figures go: see "Observing a store". Nil is the process's `MetricsSystem`.
    public var metricsFactory: (any MetricsFactory)?

    /// The options above.
    public init() {}

    func check() throws(S3ServerError) {
        guard account.utf8.count == 12, account.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            throw S3ServerError(.invalidOption, "'\(account)' is no account; give its 12 digits.")
        }
        let isRegion = region.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x7A).contains($0) || $0 == 0x2D }
        guard isRegion, !region.isEmpty else {
            throw S3ServerError(.invalidOption, "'\(region)' is no region; give a name such as us-east-1.")
        }
        try limits.check()
    }
}
