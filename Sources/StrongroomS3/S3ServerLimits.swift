/// What one client may take of a server.
public struct S3ServerLimits: Sendable, Hashable {
    /// Connections at a time, of each endpoint of S3; further ones wait. Each is a descriptor of the process, whose
    /// limit has to leave room for the store's files, and for 64 connections of the operations endpoint. Of
    /// ``S3Server`` alone: other applications tell it to their `ApplicationConfiguration`.
    public var connectionCount = 16_000
    /// How long a connection may say nothing between requests and within one, in seconds. A handshake of TLS and the
    /// headers of a request must end within it, too.
    public var idleSeconds = 60
    /// After so many seconds of waiting for its bytes, a body must have come at ``bodyMinimumBytesPerSecond``.
    public var bodyGraceSeconds = 30
    /// How fast a body must come, in bytes a second, on the average.
    public var bodyMinimumBytesPerSecond = 512
    /// How long a client may read nothing while there is something to read, in seconds.
    public var unreadSeconds = 60
    /// The headers of a request, in bytes together. Over HTTP/2 they have at most 16 KiB, whatever this says.
    public var headerBytes = 64 << 10
    /// How many headers a request over HTTP/1.1 may have.
    public var headerCount = 256
    /// How long requests may take to finish once the server is told to stop, in seconds.
    public var shutdownSeconds = 30

    /// Requests signed with one access key; nil for as many as come. Those beyond are answered 503 `SlowDown`.
    public var accessKeyRate: S3RequestRate?
    /// Requests from one address (of IPv6: from one network of 64 bits) that nobody has signed, or not rightly; nil for
    /// as many as come. Those beyond are answered 503 `SlowDown`.
    public var addressRate: S3RequestRate?

    /// Of any of them.
    private static let maximum = 1 << 30

    /// The limits above.
    public init() {}

    func check() throws(S3ServerError) {
        let wanted = [
            connectionCount, idleSeconds, bodyGraceSeconds, unreadSeconds, headerBytes, headerCount, shutdownSeconds,
        ]
        guard wanted.allSatisfy({ $0 > 0 }), bodyMinimumBytesPerSecond >= 0 else {
            throw S3ServerError(.invalidOption, "A limit is zero or less; all are at least 1.")
        }
        // Sums and products of them stay numbers.
        guard (wanted + [bodyMinimumBytesPerSecond]).allSatisfy({ $0 <= Self.maximum }) else {
            throw S3ServerError(.invalidOption, "A limit is beyond all sense; each is at most \(Self.maximum).")
        }
        for rate in [accessKeyRate, addressRate].compactMap({ $0 }) {
            guard (1...1_000_000).contains(rate.perSecond), (1...1_000_000).contains(rate.burst) else {
                throw S3ServerError(.invalidOption, "A rate is out of bounds; give 1 to 1,000,000 and such a burst.")
            }
        }
    }
}
