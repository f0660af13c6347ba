#if HTTPServer
internal import NIOCore
internal import NIOHTTP2
internal import NIOHTTPTypesHTTP2

/// Ends a request whose client is still sending what nobody will read, once it is answered.
enum UnreadBody {
    /// How long the client may take to read the answer. Closed at once, what it sends would make its system throw the
    /// answer away (RFC 9112, section 9.6).
    private static let lingerTime = TimeAmount.seconds(2)

    /// A connection ends with the request, a stream of HTTP/2 alone, which says that this is no failure (RFC 9113,
    /// section 8.1).
    static func end(_ channel: any Channel) {
        guard !channel.isStream else {
            channel.triggerUserOutboundEvent(NIOHTTP2FramePayloadToHTTPEvent.reset(code: .noError), promise: nil)
            return
        }
        channel.close(mode: .output, promise: nil)
        channel.eventLoop.scheduleTask(in: lingerTime) { channel.close(promise: nil) }
    }
}
#endif
