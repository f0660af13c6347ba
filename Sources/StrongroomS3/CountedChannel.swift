#if HTTPServer
internal import CoreMetrics
internal import HummingbirdCore
internal import Logging
internal import NIOCore

/// A channel that is counted while it is open.
struct CountedChannel<Base: ServerChildChannel>: ServerChildChannel {
    let base: Base
    let meter: Meter

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Base.Value> {
        meter.increment()
        channel.closeFuture.whenComplete { [meter] _ in meter.decrement() }
        return base.setup(channel: channel, logger: logger)
    }

    func handle(value: Base.Value, logger: Logger) async { await base.handle(value: value, logger: logger) }
}
#endif
