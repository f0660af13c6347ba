internal import StrongroomCatalog
internal import StrongroomSystem
internal import Synchronization

/// Looks single keys up in the index for tasks.
///
/// A task looks up for itself while the index is in memory: a hop to another thread takes ten times as long. Else a few
/// threads do it, many keys at a time in one read transaction, so that no task's thread waits for the disk, nor for
/// the end of somebody's long read.
final class PointReader: Sendable {
    private struct Request: Sendable {
        var keys: [[UInt8]]
        var complete: Completion
    }

    private struct State {
        var waiting: [Request] = []
        var drainCount = 0
    }

    /// So many drain in parallel: pages that are not in memory are waited for by several threads.
    private static let drainCountMaximum = 4
    /// Another thread joins when each drain has so many requests before it.
    private static let requestsPerDrain = 16

    private let view: StoreView
    private let pool: IOThreadPool
    private let clock: any StoreClock
    private let state = Mutex(State())

    init(view: StoreView, pool: IOThreadPool, clock: any StoreClock) {
        self.view = view
        self.pool = pool
        self.clock = clock
    }

    typealias Completion = @Sendable (Result<[[UInt8]?], StorageError>) -> Void

    /// The value of `key` in the index, nil where there is none.
    func value(_ key: [UInt8]) async throws(StorageError) -> [UInt8]? {
        if !view.temperature.isCold, let found = try readUnlessPaused([[key]]) { return try found[0].get()[0] }
        let result = await withCheckedContinuation {
            (continuation: CheckedContinuation<Result<[[UInt8]?], StorageError>, Never>) in
            look(up: [key]) { continuation.resume(returning: $0) }
        }
        return try result.get()[0]
    }

    /// Has one of the threads look up `keys`, and tells on it; `complete` must not block.
    func look(up keys: [[UInt8]], _ complete: @escaping Completion) {
        let mustStart = state.withLock { state in
            state.waiting.append(Request(keys: keys, complete: complete))
            guard state.drainCount < Self.drainCountMaximum,
                state.waiting.count > state.drainCount * Self.requestsPerDrain
            else { return false }
            state.drainCount += 1
            return true
        }
        if mustStart { pool.submit { self.drain() } }
    }

    private func drain() {
        while let requests = takeWaiting() {
            let results: [Result<[[UInt8]?], StorageError>]
            do throws(StorageError) {
                results = try read(requests.map(\.keys))
            } catch {
                results = requests.map { _ in .failure(error) }
            }
            for (request, result) in zip(requests, results) { request.complete(result) }
        }
    }

    private typealias Results = [Result<[[UInt8]?], StorageError>]

    /// Looks up in one read transaction, and notes how long it took. Blocks while pages are fetched, and until a read
    /// may begin.
    private func read(_ requests: [[[UInt8]]]) throws(StorageError) -> Results {
        do throws(OrderedIndexReadError<Never>) {
            return try view.index.read { look(up: requests, in: $0) }
        } catch {
            throw Self.fault(error)
        }
    }

    /// As `read`, but nil where a read may not begin now.
    private func readUnlessPaused(_ requests: [[[UInt8]]]) throws(StorageError) -> Results? {
        do throws(OrderedIndexReadError<Never>) {
            return try view.index.readUnlessPaused { look(up: requests, in: $0) }
        } catch {
            throw Self.fault(error)
        }
    }

    private static func fault(_ error: OrderedIndexReadError<Never>) -> StorageError {
        guard case .index(let error) = error else { preconditionFailure("look-ups do not throw") }
        return error
    }

    /// The time until a read may begin is not counted: it says nothing of where the index's pages are.
    private func look(up requests: [[[UInt8]]], in snapshot: any OrderedIndexSnapshot) -> Results {
        let start = clock.bootNanoseconds()
        let results = requests.map { Self.look(up: $0, in: snapshot) }
        view.temperature.note(
            lookUps: requests.reduce(0) { $0 + $1.count }, nanoseconds: clock.bootNanoseconds() - start)
        return results
    }

    private func takeWaiting() -> [Request]? {
        state.withLock { state in
            guard !state.waiting.isEmpty else {
                state.drainCount -= 1
                return nil
            }
            // A share for each drain that may run.
            let share = min(state.waiting.count, max(Self.requestsPerDrain, state.waiting.count / state.drainCount))
            let requests = Array(state.waiting.prefix(share))
            state.waiting.removeFirst(share)
            return requests
        }
    }

    private static func look(
        up keys: [[UInt8]], in snapshot: any OrderedIndexSnapshot
    ) -> Result<[[UInt8]?], StorageError> {
        do throws(StorageError) {
            var values: [[UInt8]?] = []
            values.reserveCapacity(keys.count)
            for key in keys { values.append(try snapshot.value(key)) }
            return .success(values)
        } catch {
            return .failure(error)
        }
    }
}
