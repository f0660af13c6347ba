#if HTTPServer
public import Hummingbird
internal import Logging
public import NIOCore

/// What S3 needs of an application's request context: the connection.
///
/// ```swift
/// struct AppContext: S3RequestContext {
///     var coreContext: CoreRequestContextStorage
///     let channel: any Channel
///
///     init(source: ApplicationRequestContextSource) {
///         coreContext = .init(source: source)
///         channel = source.channel
///     }
/// }
/// ```
public protocol S3RequestContext: RequestContext {
    /// The connection that the request came over, or its stream where that speaks HTTP/2.
    var channel: any Channel { get }
    /// Where the request came from, as policies (`aws:SourceIp`) and the log see it: an address without a port; nil
    /// where there is none. By default that of the connection's other side. An application behind a proxy that it
    /// trusts says here what the proxy says.
    var clientAddress: String? { get }
}

extension S3RequestContext {
    /// That of the connection's other side.
    public var clientAddress: String? {
        (channel.connection.remoteAddress ?? channel.remoteAddress)?.ipAddress
    }
}

/// A request context for applications that need none of their own.
public struct BasicS3RequestContext: S3RequestContext {
    /// What Hummingbird keeps in it.
    public var coreContext: CoreRequestContextStorage
    /// The connection that the request came over, or its stream.
    public let channel: any Channel

    /// The context of a request that came over `source`.
    public init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        channel = source.channel
    }
}

extension Channel {
    /// Whether it is a stream of HTTP/2: a channel in the connection's, which is one in the listener's.
    var isStream: Bool { parent?.parent != nil }

    var connection: any Channel { isStream ? parent ?? self : self }
}
#endif
