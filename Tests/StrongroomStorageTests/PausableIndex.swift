import StrongroomCatalog
import StrongroomSystem

/// An index whose reads can be made to wait, as when LMDB's map grows.
final class PausableIndex: OrderedIndex {
    private let base: any OrderedIndex
    private let isPaused = Monitor(false)

    init(_ base: any OrderedIndex) { self.base = base }

    func pause() { isPaused.withLock { $0 = true } }

    func goOn() {
        isPaused.withLock { $0 = false }
        isPaused.broadcast()
    }

    func read<Value, Failure: Error>(
        _ body: (any OrderedIndexSnapshot) throws(Failure) -> Value
    ) throws(OrderedIndexReadError<Failure>) -> Value {
        isPaused.wait(until: { !$0 }) { _ in }
        return try base.read(body)
    }

    func readUnlessPaused<Value, Failure: Error>(
        _ body: (any OrderedIndexSnapshot) throws(Failure) -> Value
    ) throws(OrderedIndexReadError<Failure>) -> Value? {
        if isPaused.withLock({ $0 }) { return nil }
        return try base.read(body)
    }

    func write(_ body: (any OrderedIndexTransaction) throws(StorageError) -> Void) throws(StorageError) {
        try base.write(body)
    }

    func close() { base.close() }
}
