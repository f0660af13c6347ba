import StrongroomCatalog
import StrongroomSystem
import Synchronization

/// An index in which one read, once armed, holds its thread until it is let go: what happens between
/// two steps of a checkpoint is then for the test to say.
final class GatedIndex: OrderedIndex {
    private enum Gate { case open, armed, held }

    private let base: any OrderedIndex
    private let gate = Monitor(Gate.open)

    init(_ base: any OrderedIndex) { self.base = base }

    /// The next read is held.
    func arm() { gate.withLock { $0 = .armed } }

    /// Blocks until a read is held.
    func waitUntilHeld() { gate.wait(until: { $0 == .held }) { _ in } }

    func letGo() {
        gate.withLock { $0 = .open }
        gate.broadcast()
    }

    func read<Value, Failure: Error>(
        _ body: (any OrderedIndexSnapshot) throws(Failure) -> Value
    ) throws(OrderedIndexReadError<Failure>) -> Value {
        let isHeld = gate.withLock { gate in
            guard gate == .armed else { return false }
            gate = .held
            return true
        }
        if isHeld {
            gate.broadcast()
            gate.wait(until: { $0 != .held }) { _ in }
        }
        return try base.read(body)
    }

    func write(_ body: (any OrderedIndexTransaction) throws(StorageError) -> Void) throws(StorageError) {
        try base.write(body)
    }

    func close() { base.close() }
}
