#if HTTPServer
internal import HummingbirdCore
internal import Logging
internal import NIOCore

/// A channel whose requests are handled on its own event loop: no thread is switched between reading a request,
/// handling it and writing the answer, which is a fifth of what a small request takes.
///
/// Only for handlers that neither block nor compute for long: other connections of the loop wait for them. What a task
/// of the server computes between two waits is one slice of a body, hashed and sealed, or an object that is small
/// enough to travel in the journal, and it looks up rows while the index is in memory. What waits for the disk does so
/// in the store's own threads.
struct LoopBoundChannel<Base: ServerChildChannel>: ServerChildChannel {
    let base: Base

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Base.Value> {
        base.setup(channel: channel, logger: logger)
    }

    func handle(value: Base.Value, logger: Logger) async {
        await withTaskExecutorPreference(EventLoopExecutor(value.channel.eventLoop)) {
            await base.handle(value: value, logger: logger)
        }
    }
}
#endif
