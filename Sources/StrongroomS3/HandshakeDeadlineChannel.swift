#if HTTPServer
internal import HummingbirdCore
internal import Logging
internal import NIOCore
internal import NIOSSL

/// A TLS channel whose handshake must end in time. Hummingbird looks at idle connections only once they speak HTTP.
struct HandshakeDeadlineChannel<Base: ServerChildChannel>: ServerChildChannel {
    let base: Base
    let timeout: TimeAmount

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Base.Value> {
        let ready = base.setup(channel: channel, logger: logger)
        // The handler of TLS is there by now, and tells those behind it of the handshake.
        do {
            let handlers = channel.pipeline.syncOperations
            let tls = try handlers.handler(type: NIOSSLServerHandler.self)
            try handlers.addHandler(HandshakeDeadlineHandler(timeout: timeout), position: .after(tls))
        } catch {
            return channel.eventLoop.makeFailedFuture(error)
        }
        return ready
    }

    func handle(value: Base.Value, logger: Logger) async { await base.handle(value: value, logger: logger) }
}
#endif
