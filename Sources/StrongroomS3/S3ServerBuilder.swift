#if HTTPServer
internal import CoreMetrics
public import HummingbirdCore
internal import HummingbirdHTTP2
internal import NIOCore
public import NIOSSL

/// How an application's connections are made fit for S3: `100 Continue` is sent once a body is wanted, and clients that
/// are silent, or do not read what they asked for, are let go.
extension HTTPServerBuilder {
    /// HTTP/1.1 without TLS.
    ///
    /// - Parameter limits: those on idle time, unread answers and headers are held.
    public static func s3(_ limits: S3ServerLimits = S3ServerLimits()) -> HTTPServerBuilder {
        s3(limits, counting: nil)
    }

    /// HTTP/1.1 and HTTP/2 over TLS. Handshakes must end in the idle time.
    ///
    /// - Parameters:
    ///   - limits: those on idle time and unread answers are held, that on the time to shut down, and over HTTP/1.1
    ///     those on headers.
    ///   - tls: its application protocols are set here.
    public static func s3(_ limits: S3ServerLimits = S3ServerLimits(), tls: TLSConfiguration) -> HTTPServerBuilder {
        s3(limits, tls: tls, counting: nil)
    }

    /// - Parameter meter: of connections that are open; nil in an application, whose handlers may be anything.
    static func s3(_ limits: S3ServerLimits, counting meter: Meter?) -> HTTPServerBuilder {
        HTTPServerBuilder { responder in
            HTTP1Channel(responder: responder, configuration: .s3(limits)).served(countedBy: meter)
        }
    }

    static func s3(_ limits: S3ServerLimits, tls: TLSConfiguration, counting meter: Meter?) -> HTTPServerBuilder {
        let channels = HTTP2ChannelConfiguration(
            idleTimeout: .seconds(limits.idleSeconds), gracefulCloseTimeout: .seconds(limits.shutdownSeconds),
            streamConfiguration: .s3(limits))
        return HTTPServerBuilder { responder in
            HandshakeDeadlineChannel(
                base: try HTTP2UpgradeChannel(tlsConfiguration: tls, configuration: channels, responder: responder),
                timeout: .seconds(Int64(limits.idleSeconds))
            ).served(countedBy: meter)
        }
    }
}

extension ServerChildChannel {
    /// As ``S3Server`` has them, all of whose handlers are known.
    fileprivate func served(countedBy meter: Meter?) -> any ServerChildChannel {
        guard let meter else { return self }
        return LoopBoundChannel(base: CountedChannel(base: self, meter: meter))
    }
}

extension HTTP1Channel.Configuration {
    fileprivate static func s3(_ limits: S3ServerLimits) -> HTTP1Channel.Configuration {
        HTTP1Channel.Configuration(
            additionalChannelHandlers: [
                ContinueHandler(), StalledClientHandler(timeout: .seconds(Int64(limits.unreadSeconds))),
            ],
            idleTimeout: .seconds(Int64(limits.idleSeconds)),
            httpDecoderConfiguration: .init(
                maxHeaderFieldSize: limits.headerBytes, maxHeaderListSize: limits.headerBytes,
                maxHeaderFieldCount: limits.headerCount))
    }
}
#endif
