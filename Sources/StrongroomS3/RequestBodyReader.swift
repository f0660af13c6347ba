#if HTTPServer
internal import Hummingbird
internal import NIOCore
internal import StrongroomS3Protocol
internal import Synchronization

/// Reads a request's body at the pace of whoever stores it, and gives up on clients that hardly send anything.
@safe final class RequestBodyReader: @unchecked Sendable {
    // Safe to share: one task reads at a time, each read after the one before; `state` is behind a lock.
    private var iterator: RequestBody.AsyncIterator
    private let channel: any Channel
    private let limits: S3ServerLimits
    private let metrics: ServiceMetrics
    private let state = Mutex(State())

    private struct State {
        var hasBegun = false
        var hasEnded = false
        var receivedBytes: UInt64 = 0
        /// Time spent waiting for the client, and not for the disk.
        var waited = Duration.zero
    }

    init(_ body: RequestBody, _ channel: any Channel, _ limits: S3ServerLimits, _ metrics: ServiceMetrics) {
        iterator = body.makeAsyncIterator()
        (self.channel, self.limits, self.metrics) = (channel, limits, metrics)
    }

    /// Whether it was asked for, and all of it was read.
    ///
    /// - Parameter lengthBytes: as it was announced; nil where it was not.
    func isOver(lengthBytes: UInt64?) -> Bool {
        state.withLock { $0.hasEnded || $0.hasBegun && $0.receivedBytes == lengthBytes }
    }

    func read() async throws -> ArraySlice<UInt8>? {
        let isFirst = state.withLock { state in
            defer { state.hasBegun = true }
            return !state.hasBegun
        }
        // Only now is it known that the body is wanted.
        if isFirst { channel.triggerUserOutboundEvent(ContinueEvent(), promise: nil) }
        let start = ContinuousClock.now
        guard var buffer = try await iterator.next(isolation: nil) else {
            state.withLock { $0.hasEnded = true }
            return nil
        }
        let slice = buffer.readBytes(length: buffer.readableBytes) ?? []
        metrics.noteReceived(slice.count)
        try notePace(slice.count, ContinuousClock.now - start)
        return slice[...]
    }

    private func notePace(_ bytes: Int, _ time: Duration) throws {
        let isTooSlow = state.withLock { state in
            state.receivedBytes += UInt64(bytes)
            state.waited += time
            guard state.waited > .seconds(limits.bodyGraceSeconds) else { return false }
            let seconds = UInt64(state.waited.components.seconds)
            return state.receivedBytes < seconds * UInt64(limits.bodyMinimumBytesPerSecond)
        }
        if isTooSlow { throw S3Error.requestTimeout }
    }
}
#endif
