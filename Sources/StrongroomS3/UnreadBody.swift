#if HTTPServer
internal import NIOCore

/// Ends a connection whose client is still sending what nobody will read.
enum UnreadBody {
    /// How long the client may take to read the answer. Closed at once, what it sends would make its system throw the
    /// answer away (RFC 9112, section 9.6).
    private static let lingerTime = TimeAmount.seconds(2)

    static func close(_ channel: any Channel) {
        channel.close(mode: .output, promise: nil)
        channel.eventLoop.scheduleTask(in: lingerTime) { channel.close(promise: nil) }
    }
}
#endif
