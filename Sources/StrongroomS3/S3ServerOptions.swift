public import Logging

/// How a store is served.
public struct S3ServerOptions: Sendable {
    /// Where to listen.
    public struct Address: Sendable, Hashable {
        /// A name or an address of this machine, such as `127.0.0.1` or `::`.
        public var host: String
        /// 0 for any that is free.
        public var port: Int

        /// An address.
        public init(host: String, port: Int) {
            self.host = host
            self.port = port
        }
    }

    /// An endpoint that speaks TLS.
    public struct Secure: Sendable, Hashable {
        /// The oldest version of TLS that is spoken.
        public enum Version: Sendable, Hashable {
            /// TLS 1.2 (RFC 5246).
            case tls12
            /// TLS 1.3 (RFC 8446).
            case tls13
        }

        /// Where to listen.
        public var address: Address
        /// A file in PEM: the certificate, and behind it those of the authorities that lead to a known one. It is read
        /// again when it changes.
        public var certificate: String
        /// A file in PEM: the private key of the certificate, not encrypted.
        public var privateKey: String
        /// The oldest version of TLS that is spoken.
        public var minimumVersion = Version.tls12

        /// An endpoint.
        public init(address: Address, certificate: String, privateKey: String) {
            self.address = address
            self.certificate = certificate
            self.privateKey = privateKey
        }
    }

    /// The endpoint without TLS; nil for none.
    public var http: Address?
    /// The endpoint with TLS; nil for none.
    public var https: Secure?
    /// What clients must name in their signatures.
    public var region = "us-east-1"
    /// Twelve digits: the account of all users, as policies and ARNs name it.
    public var account = "000000000000"
    /// Names of the server whose subdomains are buckets (`bucket.name`). Requests to any other name have their bucket
    /// in the path.
    public var domains: [String] = []
    /// When what the rules of buckets have come to is deleted.
    public var lifecycle = LifecycleRuns.daily
    /// What one client may take of the server.
    public var limits = S3ServerLimits()
    /// Gets a line for each request, at the level `info`.
    public var logger = Logger(label: "strongroom.s3")

    /// Options with no endpoint: set one.
    public init() {}

    func check() throws(S3ServerError) {
        guard http != nil || https != nil else {
            throw S3ServerError(.invalidOption, "There is no endpoint; set http, https or both.")
        }
        guard account.utf8.count == 12, account.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            throw S3ServerError(.invalidOption, "'\(account)' is no account; give its 12 digits.")
        }
        let isRegion = region.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x7A).contains($0) || $0 == 0x2D }
        guard isRegion, !region.isEmpty else {
            throw S3ServerError(.invalidOption, "'\(region)' is no region; give a name such as us-east-1.")
        }
        if case .every(let seconds) = lifecycle, !(1...LifecycleRuns.secondsMaximum).contains(seconds) {
            throw S3ServerError(.invalidOption, "Lifecycle rules are run every 1 to \(LifecycleRuns.secondsMaximum) s.")
        }
        let wanted = [
            limits.connectionCount, limits.idleSeconds, limits.bodyGraceSeconds, limits.unreadSeconds,
            limits.headerBytes, limits.headerCount, limits.shutdownSeconds,
        ]
        guard wanted.allSatisfy({ $0 > 0 }), limits.bodyMinimumBytesPerSecond >= 0 else {
            throw S3ServerError(.invalidOption, "A limit is zero or less; all are at least 1.")
        }
    }
}
