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

    /// An endpoint for those who run the server, without TLS and without users: keep it where only they reach it.
    ///
    /// `GET /-/healthy` says 200 while the process answers; `GET /-/ready` 200 while requests can be answered, else 503
    /// and why; `GET /metrics` the server's figures.
    public struct Operations: Sendable {
        /// Where to listen.
        public var address: Address
        /// The answer to `GET /metrics`, in Prometheus's text format (0.0.4); nil for none.
        public var metrics: (@Sendable () async -> String)?

        /// An endpoint.
        public init(address: Address, metrics: (@Sendable () async -> String)? = nil) {
            self.address = address
            self.metrics = metrics
        }
    }

    /// The endpoint without TLS; nil for none.
    public var http: Address?
    /// The endpoint with TLS; nil for none.
    public var https: Secure?
    /// When what the rules of buckets have come to is deleted.
    public var lifecycle = LifecycleRuns.daily
    /// The endpoint for those who run the server; nil for none.
    public var operations: Operations?
    /// How the requests to the former two are answered.
    public var service = S3ServiceOptions()

    /// Options with no endpoint: set one.
    public init() {}

    func check() throws(S3ServerError) {
        guard http != nil || https != nil else {
            throw S3ServerError(.invalidOption, "There is no endpoint; set http, https or both.")
        }
        try lifecycle.check()
        try service.check()
    }
}
